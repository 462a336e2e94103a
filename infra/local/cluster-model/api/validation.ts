import { asJson, isJsonObject, type Json, type JsonObject, sameJson } from "../objects/json.ts";
import type { KubeObject, ObjectMeta } from "../objects/meta.ts";
import { qualifiedKind, type Resource } from "../resources.ts";
import { type FieldProblem, invalid } from "./failure.ts";

const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const required = (field: string, message = "Required value"): FieldProblem => ({
  reason: "FieldValueRequired",
  field,
  message,
});
const wrong = (field: string, value: Json | undefined, why: string): FieldProblem => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}`,
});

/** The checks of a real API server that a client of this model can run into. Not a whole schema: unknown fields are kept. */
export function validateCreate(resource: Resource, object: JsonObject): void {
  const metadata = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  const name = metadata["name"];
  const problems: FieldProblem[] = [];
  if (typeof name !== "string" || name === "") {
    problems.push(required("metadata.name", "Required value: name or generateName is required"));
  } else if (name.length > 253 || !dnsSubdomain.test(name)) problems.push(wrong("metadata.name", name, nameRule));
  problems.push(...specProblems(resource, isJsonObject(object["spec"]) ? object["spec"] : {}));
  if (problems.length > 0) throw invalid(qualifiedKind(resource), typeof name === "string" ? name : "", problems);
}

function specProblems(resource: Resource, spec: JsonObject): FieldProblem[] {
  switch (resource.name) {
    case "pods":
      return containerProblems(spec, "spec");
    case "replicasets":
    case "deployments":
    case "statefulsets":
    case "daemonsets":
      return [...selectorProblems(spec), ...containerProblems(templateSpec(spec), "spec.template.spec")];
    case "jobs":
      return [
        ...containerProblems(templateSpec(spec), "spec.template.spec"),
        ...jobRestartProblems(templateSpec(spec)),
      ];
    case "poddisruptionbudgets":
      return spec["minAvailable"] !== undefined && spec["maxUnavailable"] !== undefined
        ? [wrong("spec", spec, "minAvailable and maxUnavailable cannot be both set")]
        : [];
    default:
      return [];
  }
}

function templateSpec(spec: JsonObject): JsonObject {
  const template = isJsonObject(spec["template"]) ? spec["template"] : {};
  return isJsonObject(template["spec"]) ? template["spec"] : {};
}

function containerProblems(spec: JsonObject, field: string): FieldProblem[] {
  const containers = spec["containers"];
  if (!Array.isArray(containers) || containers.length === 0) return [required(`${field}.containers`)];
  return containers.flatMap((container, at) => {
    const fields = isJsonObject(container) ? container : {};
    return [
      ...(fields["name"] ? [] : [required(`${field}.containers[${at}].name`)]),
      ...(fields["image"] ? [] : [required(`${field}.containers[${at}].image`)]),
    ];
  });
}

function selectorProblems(spec: JsonObject): FieldProblem[] {
  const selector = spec["selector"];
  if (!isJsonObject(selector)) return [required("spec.selector")];
  const template = isJsonObject(spec["template"]) ? spec["template"] : {};
  const metadata = isJsonObject(template["metadata"]) ? template["metadata"] : {};
  const labels = isJsonObject(metadata["labels"]) ? metadata["labels"] : {};
  const wanted = isJsonObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  const matches = Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return matches ? [] : [wrong("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")];
}

function jobRestartProblems(spec: JsonObject): FieldProblem[] {
  const policy = spec["restartPolicy"];
  return policy === "OnFailure" || policy === "Never"
    ? []
    : [
        {
          reason: "FieldValueRequired",
          field: "spec.template.spec.restartPolicy",
          message: 'Required value: valid values: "OnFailure", "Never"',
        },
      ];
}

const immutable = "field is immutable";

/** What no update may change. `next` already carries the fields that the server keeps by itself. */
export function validateUpdate(resource: Resource, next: KubeObject, old: KubeObject, subresource: string): void {
  const problems = metadataProblems(next.metadata, old.metadata);
  if (subresource === "" && resource.name === "pods") problems.push(...podSpecChanges(asJson(next), asJson(old)));
  if (subresource === "" && hasFixedSelector(resource)) {
    const selector = specOf(next)["selector"];
    if (!sameJson(selector, specOf(old)["selector"])) problems.push(wrong("spec.selector", selector, immutable));
  }
  if (problems.length > 0) throw invalid(qualifiedKind(resource), old.metadata.name, problems);
}

const hasFixedSelector = (resource: Resource): boolean =>
  ["replicasets", "deployments", "statefulsets", "daemonsets"].includes(resource.name);

const specOf = (object: object): JsonObject => {
  const spec = asJson(object)["spec"];
  return isJsonObject(spec) ? spec : {};
};

function metadataProblems(next: ObjectMeta, old: ObjectMeta): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((each) => !(old.finalizers ?? []).includes(each));
    if (added.length > 0) {
      problems.push({
        reason: "FieldValueForbidden",
        field: "metadata.finalizers",
        message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(", ")}}`,
      });
    }
  }
  if (next.name !== old.name) problems.push(wrong("metadata.name", next.name, immutable));
  if (next.namespace !== old.namespace) problems.push(wrong("metadata.namespace", next.namespace, immutable));
  if (next.uid !== old.uid) problems.push(wrong("metadata.uid", next.uid, immutable));
  return problems;
}

/** A pod's spec is fixed but for images, activeDeadlineSeconds, added tolerations and a negative grace set to 1. */
function podSpecChanges(next: JsonObject, old: JsonObject): FieldProblem[] {
  const fixed = (pod: JsonObject): JsonObject => {
    const { activeDeadlineSeconds, tolerations, containers, initContainers, ...rest } = specOf(pod);
    return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
  };
  const added = tolerationsAreKept(specOf(next)["tolerations"], specOf(old)["tolerations"]);
  if (added && sameJson(fixed(next), fixed(old))) return [];
  return [
    {
      reason: "FieldValueForbidden",
      field: "spec",
      message:
        "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
        "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    },
  ];
}

function withoutImages(containers: Json | undefined): Json[] {
  if (!Array.isArray(containers)) return [];
  return containers.map((container) => (isJsonObject(container) ? { ...container, image: "" } : container));
}

function tolerationsAreKept(next: Json | undefined, old: Json | undefined): boolean {
  const now = Array.isArray(next) ? next : [];
  return !Array.isArray(old) || old.every((each) => now.some((kept) => sameJson(kept, each)));
}
