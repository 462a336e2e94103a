import type { Meta } from "./meta.ts";
import { type Raw, rawList, rawNumber, rawObject, rawText, rawTextMap } from "./raw.ts";

/**
 * `knitbone.io/spill`: as an annotation of a workload or namespace (`other-pool`) it asks for spilling; as a label of a spill, of its selector and of its
 * pods it tells them from the original's, and its value is the original's uid.
 */
export const spillKey = "knitbone.io/spill";
export const spillOptIn = "other-pool";

/** The workload's own word counts before its namespace's. */
export function wantsSpill(workload: Pick<Meta, "annotations">, namespace?: Pick<Meta, "annotations">): boolean {
  return (workload.annotations[spillKey] ?? namespace?.annotations[spillKey]) === spillOptIn;
}

/** What a spill says of itself, in annotations of its own. */
const poolKey = "knitbone.io/spill-pool";
const templateKey = "knitbone.io/spill-template";
const generationKey = "knitbone.io/spill-generation";

/** How a pool is selected: a node label and its value. */
export interface PoolSelector {
  readonly label: string;
  readonly value: string;
}

/** The mark of a Deployment that Knitbone made as a spill. */
export interface SpillMark {
  /** The original's uid, as label and owner reference both say it. */
  readonly of: string;
  readonly pool: string;
  /** `templateDigest` of the original's template at that time. */
  readonly template: string;
  /** The generation that our last write gave it: another one means that somebody else has changed it. */
  readonly generation: number;
}

/** Names of Deployments become labels of pods and parts of their names: kept as short as those may be. */
const nameLimit = 63;
const suffix = "-spill";

/** "web" → "web-spill"; a name that would be too long is cut, and told from others by a digest. */
export function spillNameOf(original: string): string {
  const plain = `${original}${suffix}`;
  if (plain.length <= nameLimit) return plain;
  const digest = digestOf(original).slice(0, 8);
  return `${original.slice(0, nameLimit - suffix.length - digest.length - 1).replace(/[^a-z0-9]+$/, "")}-${digest}${suffix}`;
}

/** Tells one pod template from another; not a secret's hash: eight bytes of FNV-1a over the template as JSON with sorted keys. */
export function templateDigest(template: unknown): string {
  return digestOf(JSON.stringify(sorted(template)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

function digestOf(text: string): string {
  return [0x811c9dc5, 0x01000193].map((seed) => fnv(text, seed).toString(16).padStart(8, "0")).join("");
}

function fnv(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** undefined: not made by us, or no longer sure of whom it is. */
export function spillMarkFromRaw(raw: Raw): SpillMark | undefined {
  const metadata = rawObject(raw["metadata"]);
  const of = rawTextMap(metadata["labels"])[spillKey];
  const owners = rawList(metadata["ownerReferences"]);
  const annotations = rawTextMap(metadata["annotations"]);
  const [pool, template, generation] = [annotations[poolKey], annotations[templateKey], annotations[generationKey]];
  if (of === undefined || !owners.some((each) => each["kind"] === "Deployment" && each["uid"] === of)) return undefined;
  if (pool === undefined || template === undefined || generation === undefined) return undefined;
  return { of, pool, template, generation: Number(generation) };
}

export interface SpillOrder {
  readonly name: string;
  readonly replicas: number;
  readonly pool: PoolSelector;
}

/**
 * The Deployment that stands in for what the original cannot place: its labels, its template, one label more in all of them, and the other pool in the place
 * of its own. It belongs to the original without being controlled by it: it goes with it, and the original's controller leaves it alone. Nobody's
 * annotations are copied but those of the template: they speak to tools about the original.
 */
export function spillBody(original: Raw, { name, replicas, pool }: SpillOrder): object {
  const metadata = rawObject(original["metadata"]);
  const spec = rawObject(original["spec"]);
  const template = rawObject(spec["template"]);
  const templateMetadata = rawObject(template["metadata"]);
  const podSpec = rawObject(template["spec"]);
  const selector = rawObject(spec["selector"]);
  const uid = rawText(metadata["uid"]) ?? "";
  const mark = { [spillKey]: uid };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: rawText(metadata["namespace"]) ?? "",
      labels: { ...rawTextMap(metadata["labels"]), ...mark },
      annotations: { [poolKey]: pool.value, [templateKey]: templateDigest(template), [generationKey]: "1" },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: rawText(metadata["name"]) ?? "", uid }],
    },
    spec: {
      ...spec,
      replicas,
      selector: { ...selector, matchLabels: { ...rawTextMap(selector["matchLabels"]), ...mark } },
      template: {
        ...template,
        metadata: { ...templateMetadata, labels: { ...rawTextMap(templateMetadata["labels"]), ...mark } },
        spec: { ...podSpec, nodeSelector: { ...rawTextMap(podSpec["nodeSelector"]), [pool.label]: pool.value } },
      },
    },
  };
}

/** A merge patch under both preconditions. A Deployment's generation rises with this write by one. */
export function spillScalePatch(
  spill: { readonly uid: string; readonly resourceVersion: string; readonly generation: number },
  replicas: number,
): object {
  return {
    metadata: {
      uid: spill.uid,
      resourceVersion: spill.resourceVersion,
      annotations: { [generationKey]: String(spill.generation + 1) },
    },
    spec: { replicas },
  };
}

/** Whether what stands under the name is exactly what was to be made: a repeat of our own write. */
export function isSpillAsOrdered(standing: Raw, original: Raw, { replicas, pool }: SpillOrder): boolean {
  const mark = spillMarkFromRaw(standing);
  const metadata = rawObject(standing["metadata"]);
  return (
    mark?.of === rawText(rawObject(original["metadata"])["uid"]) &&
    mark?.pool === pool.value &&
    mark.template === templateDigest(rawObject(original["spec"])["template"]) &&
    mark.generation === rawNumber(metadata["generation"]) &&
    metadata["deletionTimestamp"] === undefined &&
    rawNumber(rawObject(standing["spec"])["replicas"]) === replicas
  );
}
