/**
 * Words that came from a cluster, made safe for a terminal: control characters (escape sequences), line breaks, and the invisible characters
 * that turn text around or hide it become one space.
 */
export function plainText(text: string): string {
  return text.replace(unsafe, " ").trim();
}

/** JSON for other programs: everything above stays readable data, but as an escape, so that printing it to a terminal does no harm. */
export function plainJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, undefined, 2).replace(unsafeInJson, escaped);
}

// C0, DEL and C1; zero-width characters, marks and overrides of direction; separators of lines.
const unsafe = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;
// JSON.stringify has escaped C0 already; what is left of it is its own line breaks.
const unsafeInJson = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
