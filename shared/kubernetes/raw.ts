import type { Instant } from "../time/clock.ts";

/** A JSON object as an API server sends it. Everything read out of one is checked: the server's version is not ours to choose. */
export type Raw = Readonly<Record<string, unknown>>;

export function rawObject(value: unknown): Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

export function rawList(value: unknown): readonly Raw[] {
  return Array.isArray(value) ? value.map(rawObject) : [];
}

export function rawText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function rawNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** RFC 3339 → epoch milliseconds; undefined when absent or unreadable. */
export function rawInstant(value: unknown): Instant | undefined {
  if (typeof value !== "string") return undefined;
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? undefined : instant;
}

export function rawTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

/** The string members of a map, optionally only the named keys. */
export function rawTextMap(value: unknown, keep?: (key: string) => boolean): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [key, text] of Object.entries(rawObject(value))) {
    if (typeof text === "string" && (keep === undefined || keep(key))) kept[key] = text;
  }
  return kept;
}

const freeTextLimit = 1_024;

/** Free text (messages) is cut to 1 KiB; escaping to ASCII happens where it is serialised. */
export function rawMessage(value: unknown): string | undefined {
  const text = rawText(value);
  return text === undefined || text === "" ? undefined : text.slice(0, freeTextLimit);
}
