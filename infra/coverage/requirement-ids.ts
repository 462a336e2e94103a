/** "S0-44", "S0-102", "X-07". */
const single = String.raw`(?:S[0-3]|X)-\d{2,3}`;
const anyId = new RegExp(String.raw`\b${single}\b`, "g");
/** "(S0-44…48, 102, X-19)": numbers without their seed belong to the one before. */
const group = new RegExp(String.raw`\((${single}(?:(?:…|, )(?:${single}|\d{2,3}))*)\)`, "g");

/** The requirement ids that a text names, ranges told one by one. */
export function idsIn(text: string): readonly string[] {
  const grouped = [...text.matchAll(group)].flatMap(([, list = ""]) => idsOfGroup(list));
  return [...new Set([...grouped, ...(text.match(anyId) ?? [])])];
}

function idsOfGroup(list: string): readonly string[] {
  let seed = "";
  return list.split(", ").flatMap((part) => {
    const [first = "", last] = part.split("…");
    seed = first.includes("-") ? first.slice(0, first.indexOf("-")) : seed;
    const from = numberIn(first);
    const to = last === undefined ? from : numberIn(last);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, step) => idOf(seed, from + step));
  });
}

const numberIn = (text: string): number => Number(text.slice(text.indexOf("-") + 1));

const idOf = (seed: string, number: number): string => `${seed}-${String(number).padStart(2, "0")}`;
