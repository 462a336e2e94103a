import { type Token, tokensOf } from "./source-tokens.ts";

/** `keeps` names the promises of a contract. */
const tests = new Set(["describe", "it", "test", "keeps"]);

/**
 * What a test file calls its tests: the first text of each `describe`, `it` and `test` (also `.each(table)("…")`, `.concurrent("…")`), and the names in
 * their tables: what begins a row of `.each([[…]])`, and every `name:`.
 */
export function testTitles(source: string): readonly string[] {
  const tokens = tokensOf(source);
  const titles: string[] = [];
  /** For each open bracket: whether it is a call of a test or of its table. */
  const open: boolean[] = [];
  let closed = false;
  for (const [at, { kind, value }] of tokens.entries()) {
    if (kind === "text" && isTitle(tokens, at, open)) titles.push(value);
    if (kind !== "sign") continue;
    if ("([{".includes(value))
      open.push(value === "(" && (isCallOfTest(tokens, at) || (isSign(tokens[at - 1], ")") && closed)));
    if (")]}".includes(value)) closed = open.pop() ?? false;
  }
  return titles;
}

function isTitle(tokens: readonly Token[], at: number, open: readonly boolean[]): boolean {
  const before = tokens[at - 1];
  if (isSign(before, "(")) return open.at(-1) === true;
  if (isSign(before, ":")) return tokens[at - 2]?.value === "name";
  // A row of a table that stands in the call itself: describe.each([["title", …], …]).
  if (isSign(before, "[")) return open.at(-3) === true || open.at(-2) === true;
  return false;
}

/** "it(", "test.concurrent(", "describe.each(": back over the dots to the first name. Type arguments stand between name and bracket. */
function isCallOfTest(tokens: readonly Token[], bracket: number): boolean {
  let at = beforeTypeArguments(tokens, bracket - 1);
  while (isSign(tokens[at - 1], ".")) at -= 2;
  const first = tokens[at];
  return first?.kind === "word" && tests.has(first.value);
}

function beforeTypeArguments(tokens: readonly Token[], last: number): number {
  if (!isSign(tokens[last], ">")) return last;
  let depth = 0;
  for (let at = last; at >= 0; at -= 1) {
    if (isSign(tokens[at], ">") && !isSign(tokens[at - 1], "=")) depth += 1;
    if (isSign(tokens[at], "<")) depth -= 1;
    if (depth === 0) return at - 1;
  }
  return last;
}

const isSign = (token: Token | undefined, value: string): boolean => token?.kind === "sign" && token.value === value;
