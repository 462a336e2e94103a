import { type Raw, rawList, rawObject, rawText, rawTextMap, rawTexts } from "../kubernetes/raw.ts";

/**
 * Whether a metav1.LabelSelector selects these labels. As `LabelSelectorAsSelector` in apimachinery: an absent selector selects nothing,
 * an empty one everything; all requirements must hold. "unreadable": an operator that we do not know; never taken for "no".
 */
export function selectorMatches(selector: unknown, labels: Readonly<Record<string, string>>): boolean | "unreadable" {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = rawObject(selector);
  if (!Object.entries(rawTextMap(matchLabels)).every(([key, value]) => own(labels, key) === value)) return false;
  const answers = rawList(matchExpressions).map((each) => requirementMatches(each, labels));
  if (answers.includes(false)) return false;
  return answers.includes("unreadable") ? "unreadable" : true;
}

function requirementMatches(requirement: Raw, labels: Readonly<Record<string, string>>): boolean | "unreadable" {
  const value = own(labels, rawText(requirement["key"]) ?? "");
  const values = rawTexts(requirement["values"]);
  switch (requirement["operator"]) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      // An absent key is not in any set: labels.Requirement.Matches.
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return "unreadable";
  }
}

function own(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
