/** What a table gives back: an own copy, without members that are undefined. */
export function storedCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** One text for several key parts; no part can be mistaken for two. */
export function rowKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}
