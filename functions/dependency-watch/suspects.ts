import type { PodSubject } from "../../shared/heal/subject.ts";
import type { IncidentKind, Suspicion } from "../../shared/incident/incident.ts";
import { partOfZone } from "../../shared/incident/zone-part.ts";
import { registryHostOf } from "../../shared/kubernetes/image.ts";
import { zoneOf } from "../../shared/kubernetes/node.ts";
import type { ContainerFacts, PodFacts } from "../../shared/kubernetes/pod.ts";
import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import type { Saying } from "./saying.ts";

/** Reasons of a container that waits for its image. */
const pullReasons: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "RegistryUnavailable",
  "ImageInspectError",
]);
const registryCauses: ReadonlySet<string> = new Set([
  "RegistryFailing",
  "RegistryThrottling",
  "RegistryUnreachable",
  "PullTimeout",
]);
const volumeCauses: ReadonlySet<string> = new Set([
  "AttachTimeout",
  "CsiDriverMissing",
  "MountTimeout",
  "VolumeBusy",
  "VolumeUnbound",
]);

type Finding = Pick<Suspicion, "kind" | "key" | "part" | "said">;

/** What the pod's own state, in the words that explain it, is evidence of; of a zone beside that, where its node has one. */
export function suspectsOf(
  { pod, node }: PodSubject,
  claims: readonly VolumeClaimFacts[],
  sayings: readonly Saying[],
): readonly Suspicion[] {
  const findings = [
    ...pod.containers.flatMap((each) => pullFindings(each, sayings)),
    ...sandboxFindings(pod, sayings),
    ...volumeFindings(pod, claims, sayings),
  ];
  return withPlace(distinctCauses(findings), pod.nodeName ?? pod.ref.uid, typeof node === "string" ? "" : zoneOf(node));
}

/** The same findings at a place, and what they say of its zone. */
export function withPlace(findings: readonly Finding[], place: string, zone: string): readonly Suspicion[] {
  if (zone === "") return findings.map((each) => ({ ...each, place }));
  const ofZone = findings.map(
    (each) => ({ kind: "zone", key: zone, part: partOfZone(each), said: each.said }) as const,
  );
  return [...findings, ...ofZone.slice(0, 1)].map((each) => ({ ...each, place, zone }));
}

/** Its own words count first; where they name no cause, the newest Event that names its image. */
export function pullSaying(container: ContainerFacts, sayings: readonly Saying[]): Saying | undefined {
  if (container.state !== "waiting" || !pullReasons.has(container.reason ?? "")) return undefined;
  return (
    sayings.find((each) => each.container === container.name) ??
    sayings.findLast((each) => each.channel === "event" && each.text.includes(`"${container.image}"`))
  );
}

function pullFindings(container: ContainerFacts, sayings: readonly Saying[]): readonly Finding[] {
  const saying = pullSaying(container, sayings);
  if (saying === undefined) return [];
  const { image } = container;
  const { cause: said, remedy } = saying;
  if (remedy === "incident" && registryCauses.has(said)) {
    return [{ kind: "registry", key: registryHostOf(image), part: image, said }];
  }
  // A node's, until another node shows the same of it.
  return remedy === "handOver" && said === "LayerCorrupt" ? [{ kind: "image", key: image, part: image, said }] : [];
}

/** Nothing of it was ever made, and the newest word about its sandbox is that the sandbox's own image is missing. */
function sandboxFindings(pod: PodFacts, sayings: readonly Saying[]): readonly Finding[] {
  if (!hasNothingYet(pod)) return [];
  const saying = sayings.findLast((each) => each.reason === "FailedCreatePodSandBox");
  if (saying?.cause !== "SandboxImage" || saying.remedy !== "handOver") return [];
  const image = /failed to get sandbox image "([^"]+)"/.exec(saying.text)?.[1];
  return image === undefined ? [] : [{ kind: "sandboxImage", key: image, part: image, said: saying.cause }];
}

function volumeFindings(
  pod: PodFacts,
  claims: readonly VolumeClaimFacts[],
  sayings: readonly Saying[],
): readonly Finding[] {
  if (!hasNothingYet(pod)) return [];
  const saying = sayings.findLast((each) => volumeCauses.has(each.cause));
  if (saying?.remedy !== "incident") return [];
  const { text, cause: said } = saying;
  const named = claims.filter(
    ({ ref, volumeName }) => text.includes(volumeName ?? ref.name) || text.includes(ref.name),
  );
  const ofClaims = (named.length > 0 ? named : claims).flatMap(({ ref, storageClass, driver }) => [
    ...finding("storageClass", storageClass, `${ref.namespace}/${ref.name}`, said),
    ...finding("csiDriver", driver, storageClass ?? "", said),
  ]);
  // A volume that was made by hand has no class, and its claim knows of no driver.
  const driver = /driver name (\S+) not found/.exec(text)?.[1];
  const isNew = ofClaims.every((each) => each.kind !== "csiDriver" || each.key !== driver);
  return isNew ? [...ofClaims, ...finding("csiDriver", driver, "", said)] : ofClaims;
}

function finding(kind: IncidentKind, key: string | undefined, part: string, said: string): readonly Finding[] {
  return key === undefined ? [] : [{ kind, key, part, said }];
}

/** Pending, and none of its containers has ever run. */
function hasNothingYet({ phase, containers }: PodFacts): boolean {
  return phase === "Pending" && containers.every((each) => each.state === "waiting" || each.state === "absent");
}

/** One object is one member of a cause, whatever number of its containers show it. */
function distinctCauses(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((each) => [partOfZone(each), each])).values()];
}
