import { systemClock } from "../../shared/time/system-clock.ts";

export const sleep = (ms: number): Promise<void> => systemClock.sleep(ms);

/**
 * Looks until `look` answers something other than undefined, and answers that. What it throws counts as "not yet"; at the end of
 * `withinMs` the last of it is in the error. `lastSeen` may say more about how far things got.
 */
export async function eventually<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined> | T | undefined,
  lastSeen: () => string = () => "",
  everyMs = 250,
): Promise<T> {
  const deadline = systemClock.monotonic() + withinMs;
  let thrown: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      thrown = undefined;
    } catch (error) {
      thrown = error;
    }
    if (systemClock.monotonic() >= deadline) break;
    await sleep(everyMs);
  }
  const details = [lastSeen(), thrown instanceof Error ? thrown.message : ""].filter((text) => text !== "").join("\n");
  throw new Error(
    `waited ${Math.round(withinMs / 1_000)} s for ${what}, in vain${details === "" ? "" : `:\n${details}`}`,
    {
      cause: thrown,
    },
  );
}

/** Looks for all of `forMs`, and throws as soon as `look` answers something: for what must not happen. */
export async function never(what: string, forMs: number, look: () => Promise<string | undefined>): Promise<void> {
  const deadline = systemClock.monotonic() + forMs;
  do {
    const seen = await look();
    if (seen !== undefined) throw new Error(`${what}, and that must not be: ${seen}`);
    await sleep(500);
  } while (systemClock.monotonic() < deadline);
}
