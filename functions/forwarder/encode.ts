/** Keys that reach a prototype: the dispatcher refuses a whole message for one of them, and a node may name a resource as it likes. */
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

/**
 * JSON in printable ASCII: everything else is escaped as \uXXXX. A queue refuses U+FFFE, U+FFFF and some controls (K18), and each of them can stand
 * in an Event's message; and a length in characters is then a length in bytes. Members that reach a prototype are left out.
 */
export function encodeAscii(value: unknown): string {
  const json = JSON.stringify(value, (key, member) => (forbiddenKeys.has(key) ? undefined : member));
  return json.replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
