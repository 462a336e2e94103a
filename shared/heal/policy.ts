/** A healer's knobs after parsing, or every problem found in them at once. */
export type PolicyResult<Policy> =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/**
 * Turns what the operator wrote (durations as text, "2m") into knobs. Unknown keys, unreadable values and values below a floor are
 * problems. `lab` divides margins, ages and times to live, defaults and floors alike; 1 outside the lab.
 */
export type ParsePolicy<Policy> = (values: unknown, lab: number) => PolicyResult<Policy>;
