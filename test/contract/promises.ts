import { describe, it } from "vitest";

/** What an implementation is known not to keep, and why. */
export interface Deviations {
  readonly unsupported?: readonly { readonly promise: string; readonly reason: string }[];
}

export type Keeps = (promise: string, check: () => Promise<void>) => void;

/**
 * The promises of one interface. A declared deviation must really deviate (its check must fail) and must name a promise that exists, so that the
 * declarations cannot go stale.
 */
export function contract(name: string, deviations: Deviations, promises: (keeps: Keeps) => void): void {
  const unsupported = new Map((deviations.unsupported ?? []).map((each) => [each.promise, each.reason]));
  describe(name, () => {
    promises((promise, check) => {
      const reason = unsupported.get(promise);
      unsupported.delete(promise);
      if (reason === undefined) it(promise, check);
      else it.fails(`${promise} (not kept: ${reason})`, check);
    });
    const unknown = [...unsupported.keys()];
    if (unknown.length > 0)
      throw new Error(`${name}: deviations from promises that are not made: ${unknown.join("; ")}`);
  });
}

/** `n` calls at once; their answers. */
export function racing<Answer>(n: number, call: (index: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: n }, (_, index) => call(index)));
}
