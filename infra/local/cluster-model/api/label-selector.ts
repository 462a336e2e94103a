import type { LabelSelector } from "../objects/meta.ts";
import { badRequest } from "./failure.ts";

type Labels = Readonly<Record<string, string>>;
type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];
export type LabelTest = (labels: Labels) => boolean;

/** A selector object (`spec.selector`) as a test. An empty selector matches everything, an absent one nothing. */
export function matchesLabels(selector: LabelSelector | undefined): LabelTest {
  if (selector === undefined) return () => false;
  const wanted = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  return (labels) =>
    wanted.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => holds(expression, labels));
}

function holds({ key: name, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[name];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  return operator === "In"
    ? value !== undefined && values.includes(value)
    : value === undefined || !values.includes(value);
}

const key = "[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?";
const setTerm = new RegExp(`^(${key})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const equalTerm = new RegExp(`^(${key})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const existsTerm = new RegExp(`^(!?)\\s*(${key})$`);

/** The text form of a label selector (`?labelSelector=`): `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
export function parseLabelSelector(text: string): LabelTest {
  if (text.trim() === "") return () => true;
  const terms = text.split(/,(?![^()]*\))/).map((term) => parseTerm(term.trim(), text));
  return (labels) => terms.every((term) => term(labels));
}

function parseTerm(term: string, whole: string): LabelTest {
  const set = setTerm.exec(term);
  if (set) {
    const [, name = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return operator === "in"
      ? (labels) => labels[name] !== undefined && values.includes(labels[name])
      : (labels) => labels[name] === undefined || !values.includes(labels[name]);
  }
  const equal = equalTerm.exec(term);
  if (equal) {
    const [, name = "", operator, value] = equal;
    return operator === "!=" ? (labels) => labels[name] !== value : (labels) => labels[name] === value;
  }
  const exists = existsTerm.exec(term);
  if (exists) {
    const [, not, name = ""] = exists;
    return not === "!" ? (labels) => labels[name] === undefined : (labels) => labels[name] !== undefined;
  }
  throw badRequest(`unable to parse requirement: invalid label selector ${JSON.stringify(whole)}`);
}
