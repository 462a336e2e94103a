import { isOfGang } from "./gang.ts";
import { metaFromRaw } from "./meta.ts";
import { type Raw, rawList, rawNumber, rawObject, rawText, rawTextMap } from "./raw.ts";
import { type SpillMark, spillMarkFromRaw, templateDigest } from "./spill.ts";
import { type WorkloadFacts, workloadFromRaw } from "./workload.ts";

/** A Deployment, with what decides whether part of it may run elsewhere. */
export interface DeploymentFacts extends WorkloadFacts {
  readonly generation: number;
  readonly readyReplicas: number;
  readonly paused: boolean;
  /** Its controller has not seen its last change yet, or pods of two templates stand. */
  readonly rollingOut: boolean;
  readonly template: TemplateFacts;
  /** Where it is a spill that Knitbone made. */
  readonly spill?: SpillMark;
}

/** What a pod template says about where and how its pods are placed. Values of labels that may not leave a cluster stay there. */
export interface TemplateFacts {
  readonly digest: string;
  /** Of `nodeSelector`, the members whose label nodes are known by. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** What else binds its pods, in words of the API: "nodeSelector team", "affinity", "topologySpreadConstraints", "schedulerName x", "gang". */
  readonly bindings: readonly string[];
}

export function deploymentFromRaw(raw: Raw, extraLabelKeys: ReadonlySet<string> = new Set()): DeploymentFacts {
  const spec = rawObject(raw["spec"]);
  const status = rawObject(raw["status"]);
  const generation = rawNumber(rawObject(raw["metadata"])["generation"]) ?? 0;
  const replicas = rawNumber(spec["replicas"]) ?? 1;
  const [all, updated] = [rawNumber(status["replicas"]) ?? 0, rawNumber(status["updatedReplicas"]) ?? 0];
  const spill = spillMarkFromRaw(raw);
  return {
    ...workloadFromRaw("Deployment", raw),
    generation,
    readyReplicas: rawNumber(status["readyReplicas"]) ?? 0,
    paused: spec["paused"] === true,
    // As `kubectl rollout status` judges it, but for whether the pods are available: they are not, or nothing would be spilled.
    rollingOut: (rawNumber(status["observedGeneration"]) ?? 0) < generation || updated < replicas || all > updated,
    template: templateFromRaw(rawObject(spec["template"]), extraLabelKeys),
    ...(spill === undefined ? {} : { spill }),
  };
}

function templateFromRaw(template: Raw, extraLabelKeys: ReadonlySet<string>): TemplateFacts {
  const spec = rawObject(template["spec"]);
  const metadata = rawObject(template["metadata"]);
  const selector = rawTextMap(spec["nodeSelector"]);
  // The allow-list of labels is one: what a node would show of these is what a template may ask for.
  const nodeSelector = metaFromRaw("Node", { metadata: { labels: selector } }, extraLabelKeys).labels;
  const scheduler = rawText(spec["schedulerName"]) ?? "default-scheduler";
  const isGang =
    spec["schedulingGroup"] !== undefined ||
    spec["workloadRef"] !== undefined ||
    isOfGang(rawTextMap(metadata["labels"]), rawTextMap(metadata["annotations"]));
  return {
    digest: templateDigest(template),
    nodeSelector,
    bindings: [
      ...Object.keys(selector)
        .filter((key) => nodeSelector[key] === undefined)
        .map((key) => `nodeSelector ${key}`),
      ...(bindsByAffinity(rawObject(spec["affinity"])) ? ["affinity"] : []),
      ...(rawList(spec["topologySpreadConstraints"]).some((each) => each["whenUnsatisfiable"] !== "ScheduleAnyway")
        ? ["topologySpreadConstraints"]
        : []),
      ...(scheduler === "default-scheduler" ? [] : [`schedulerName ${scheduler}`]),
      ...(isGang ? ["gang"] : []),
    ],
  };
}

/** Preferences bind nothing. */
function bindsByAffinity(affinity: Raw): boolean {
  return ["nodeAffinity", "podAffinity", "podAntiAffinity"].some((each) => {
    const required = rawObject(affinity[each])["requiredDuringSchedulingIgnoredDuringExecution"];
    return Array.isArray(required) ? required.length > 0 : required !== undefined;
  });
}

/** Whether somebody else has written to this spill since we did. */
export function isTouched({ generation, spill }: DeploymentFacts): boolean {
  return generation !== spill?.generation;
}
