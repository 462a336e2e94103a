/** A piece of TypeScript: a name, a text in quotes, or one sign. Comments, numbers and regular expressions are passed over. */
export interface Token {
  readonly kind: "word" | "text" | "sign";
  readonly value: string;
}

const forms: readonly (readonly [Token["kind"] | undefined, RegExp])[] = [
  [undefined, /\s+|\/\/.*|\/\*[\s\S]*?\*\//y],
  ["word", /[\p{L}_$][\p{L}\p{N}_$]*/uy],
  [undefined, /\d[\w.]*/y],
  ["text", /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/y],
];
const regularExpression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Enough of a lexer to find titles: where a text stands in a test file. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    const [found] = form.exec(source) ?? [];
    at += found?.length ?? 0;
    return found;
  };
  while (at < source.length) {
    if (source[at] === "/" && mayBeginExpression(tokens.at(-1)) && !/^\/[/*]/.test(source.slice(at, at + 2))) {
      if (take(regularExpression) !== undefined) continue;
    }
    const known = forms.some(([kind, form]) => {
      const value = take(form);
      if (value !== undefined && kind !== undefined) tokens.push({ kind, value: unquoted(value) });
      return value !== undefined;
    });
    if (known) continue;
    tokens.push({ kind: "sign", value: source[at] ?? "" });
    at += 1;
  }
  return tokens;
}

const unquoted = (text: string): string => (/^["'`]/.test(text) ? text.slice(1, -1) : text);

/** After these a slash begins a regular expression; after a name or a closing bracket it divides. */
function mayBeginExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  return before.kind === "sign" && !")]}".includes(before.value);
}
