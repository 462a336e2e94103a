import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import { weightOf } from "../../shared/catalogue/fragments.ts";
import { saidByEvent, saidByPod } from "../../shared/catalogue/said.ts";
import type { Sighting } from "../../shared/catalogue/signature.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import { isReady, isStuckWaiting, type PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { Said } from "./facts.ts";

/** An Event that was last seen so long ago explains nothing of now. */
const eventLifeMs = minutes(10);
/** Texts that are looked up for one pod: a status may hold thousands. */
const saidAtMost = 50;
/** Who speaks of a bound pod that does not start. */
const speakers: ReadonlySet<string> = new Set(["kubelet", "attachdetach-controller"]);
/** Said before there is a sandbox. */
const beforeSandbox: ReadonlySet<string> = new Set([
  "FailedCreatePodSandBox",
  "FailedCreatePodContainer",
  "FailedMount",
  "FailedAttachVolume",
  "NetworkNotReady",
]);
/** Warnings after which the kubelet goes on: they hold no pod up (pkg/kubelet/kubelet_pods.go and network/dns, v1.36). */
const asides: ReadonlySet<string> = new Set([
  "DNSConfigForming",
  "FailedToRetrieveImagePullSecret",
  "MissingClusterDNS",
]);
/** Said of a container that waits for more than its turn. */
const ofContainers: ReadonlySet<string> = new Set(["Failed", "InspectFailed", "ErrImageNeverPull"]);

/** An Event only explains what the pod itself shows (K12): anyone who may write Events could say anything else. */
function explains({ reason }: EventFacts, pod: PodFacts): boolean {
  if (asides.has(reason)) return false;
  if (beforeSandbox.has(reason)) {
    return pod.phase === "Pending" && findCondition(pod.conditions, "PodReadyToStartContainers")?.status !== "True";
  }
  if (ofContainers.has(reason)) return pod.containers.some(isStuckWaiting);
  return !isReady(pod);
}

/** What the pod's own state says, and then what Events say that explain it. */
export function saidOf(
  pod: PodFacts,
  events: readonly EventFacts[],
  catalogue: Catalogue,
  now: Instant,
): { readonly said: readonly Said[]; readonly saidMore: boolean } {
  const fresh = events.filter(
    ({ source, lastSeenAt }) => speakers.has(source) && now - (lastSeenAt ?? now) <= eventLifeMs,
  );
  const spoken = [
    ...saidByPod(pod).map((sighting) => ({ from: "state" as const, sighting })),
    ...fresh
      .filter((each) => each.type === "Warning" && explains(each, pod))
      .flatMap((each) => saidByEvent(each).map((sighting) => ({ from: "event" as const, sighting }))),
  ];
  const distinct = [...new Map(spoken.map((each) => [JSON.stringify(each), each])).values()];
  const said = distinct.slice(0, saidAtMost).map(({ from, sighting }) => lookedUp(catalogue, from, sighting));
  return { said, saidMore: distinct.length > saidAtMost };
}

/** What its own state says, and no Event. */
export function saidByState(pod: PodFacts, catalogue: Catalogue): readonly Said[] {
  return saidByPod(pod)
    .slice(0, saidAtMost)
    .map((each) => lookedUp(catalogue, "state", each));
}

function lookedUp(catalogue: Catalogue, from: Said["from"], sighting: Sighting): Said {
  const match = catalogue.match(sighting);
  const { reason } = sighting;
  const text = sighting.text.slice(0, 300);
  if (match.kind === "unknown") return { from, reason, text };
  const { id, meaning, cause, scope, remedy, fragments } = match.signature;
  const weight = weightOf(fragments);
  return {
    from,
    reason,
    text,
    signature: { id, meaning, cause, scope, weight, ...(remedy === undefined ? {} : { remedy }) },
  };
}
