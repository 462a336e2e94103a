const texts = new WeakMap<object, string>();

/**
 * JSON of a value. Stored objects never change, so the text of every frozen object at the top of an answer, and of every item of a list,
 * is made once and kept as long as the object lives: a relist of thousands of pods costs a join.
 */
export function jsonText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if ("items" in value && Array.isArray(value.items)) {
    const { items, ...rest } = value;
    const head = JSON.stringify(rest);
    return `${head.slice(0, -1)},"items":[${value.items.map(keptText).join(",")}]}`;
  }
  return keptText(value);
}

function keptText(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}
