/** Anything that JSON can say. `undefined` marks a field that is left out. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [field: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A deep copy that the caller may change. Much cheaper than structuredClone for JSON. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value)) if (each !== undefined) copy[field] = copyOf(each);
  return copy as T;
}

/** Freezes all the way down: what is stored is shared with every reader and must never change. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const each of Object.values(value)) frozen(each);
  return value;
}

/** Deep equality of JSON values; a field that is `undefined` equals one that is absent, order of fields does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((each, at) => sameJson(each, b[at]));
  }
  const left = Object.entries(a).filter(([, each]) => each !== undefined);
  const right = new Map(Object.entries(b).filter(([, each]) => each !== undefined));
  return (
    left.length === right.size && left.every(([field, each]) => right.has(field) && sameJson(each, right.get(field)))
  );
}

/** An object of ours seen as plain JSON, for code that walks fields by name. */
export function asJson(value: object): JsonObject {
  return value as JsonObject;
}
