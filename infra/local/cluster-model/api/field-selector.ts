import { asJson, isJsonObject, type Json } from "../objects/json.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Resource } from "../resources.ts";
import { badRequest } from "./failure.ts";

export type ObjectTest = (object: KubeObject) => boolean;

/** The text form of a field selector (`?fieldSelector=`): `spec.nodeName=n1,status.phase!=Running`. */
export function parseFieldSelector(text: string, resource: Resource, group = resource.group): ObjectTest {
  if (text.trim() === "") return () => true;
  const terms = splitTerms(text).map((term) => parseTerm(fromGroup(term, group), resource, text));
  return (object) => terms.every((test) => test(object));
}

/** The fields of events.k8s.io/v1 in the words of core/v1, under which Events are stored. */
function fromGroup(term: string, group: string): string {
  if (group !== "events.k8s.io") return term;
  return term.replace(/^regarding\./, "involvedObject.").replace(/^reportingController\b/, "reportingComponent");
}

/** Commas, `=` and `\` inside a value are escaped with a backslash. */
function splitTerms(text: string): string[] {
  return text.split(/(?<!\\),/).filter((term) => term !== "");
}

function parseTerm(term: string, resource: Resource, whole: string): ObjectTest {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (!match) throw badRequest(`invalid selector: '${whole}'; can't understand '${term}'`);
  const [, field = "", operator, raw = ""] = match;
  const value = raw.replaceAll(/\\(.)/g, "$1");
  if (!["metadata.name", "metadata.namespace", ...resource.fields].includes(field)) {
    throw badRequest(unsupported(resource, field));
  }
  return operator === "!="
    ? (object) => fieldOf(object, field) !== value
    : (object) => fieldOf(object, field) === value;
}

/** Core kinds have conversions of their own; the others fall back to the scheme's default, which words it differently. */
function unsupported(resource: Resource, field: string): string {
  const own = ["pods", "nodes", "events", "namespaces", "jobs", "replicasets"].includes(resource.name);
  return own
    ? `field label not supported: ${field}`
    : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function fieldOf(object: KubeObject, path: string): string {
  let value: Json | undefined = asJson(object);
  // An Event's `source` means its component.
  const steps = path === "source" ? ["source", "component"] : path.split(".");
  for (const step of steps) value = isJsonObject(value) ? value[step] : undefined;
  if (value === undefined || value === null)
    return path === "spec.unschedulable" || path === "spec.hostNetwork" ? "false" : "";
  return typeof value === "object" ? "" : String(value);
}
