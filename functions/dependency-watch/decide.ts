import type { Verdict } from "../../shared/heal/heal.ts";
import type { NodeSubject, PodSubject } from "../../shared/heal/subject.ts";
import type { Suspicion } from "../../shared/incident/incident.ts";
import { readyStatus, zoneOf } from "../../shared/kubernetes/node.ts";
import { isTerminal, isTerminating, type PodFacts, silentSince } from "../../shared/kubernetes/pod.ts";
import type { VolumeClaimFacts } from "../../shared/kubernetes/volume-claim.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import type { Policy } from "./policy.ts";
import type { Saying } from "./saying.ts";
import { pullSaying, suspectsOf, withPlace } from "./suspects.ts";

export interface Facts {
  readonly subject: PodSubject | NodeSubject;
  /** What it says and what is said of it, as far as the catalogue knows the words. */
  readonly sayings: readonly Saying[];
  /** The claims of a pod that has none of its containers yet. */
  readonly claims: readonly VolumeClaimFacts[];
}

export type Reason =
  | "RegistrySuspected"
  | "ImageSuspected"
  | "SandboxImageSuspected"
  | "StorageSuspected"
  | "ControlPlaneSuspected"
  | "NodesSuspected"
  | "SilentYet"
  | "ApplicationCause"
  | "NoDependency"
  | "NodeIsSick"
  | "NodeSilent"
  | "Ending"
  | "PodWell"
  | "NodeWell";

/** An Event that was not repeated for so long is about something that is over: a kubelet tries again every five minutes at least. */
const eventFreshMs = minutes(15);
/** How often what is evidence is looked at again: a tenth of the quiet time, within these. */
const lookEveryMs = { least: seconds(5), most: seconds(60) };

/** Evidence of what, if of anything. Never a heal: who holds back is others. */
export function decide({ subject, sayings, claims }: Facts, policy: Policy, now: Instant): Verdict<Reason> {
  const fresh = sayings.filter(({ at }) => at === undefined || now - at <= eventFreshMs);
  return subject.kind === "node"
    ? ofNode(subject, fresh, policy, now)
    : ofPod(subject, { sayings: fresh, claims }, policy, now);
}

function ofPod(
  subject: PodSubject,
  { sayings, claims }: Pick<Facts, "sayings" | "claims">,
  policy: Policy,
  now: Instant,
): Verdict<Reason> {
  const { pod } = subject;
  if (isTerminating(pod) || isTerminal(pod)) {
    return {
      kind: "leave",
      reason: "Ending",
      message: "It has ended, or is being deleted: it is evidence of nothing.",
    };
  }
  if (isWell(pod)) return { kind: "leave", reason: "PodWell", message: "Its containers run.", ends: true };
  const silent = silentSince(pod);
  if (silent !== undefined) return ofSilentPod(subject, silent, policy, now);
  const suspects = suspectsOf(subject, claims, sayings);
  if (suspects.length > 0) return suspected(suspects, policy, now);
  const own = pod.containers.map((each) => pullSaying(each, sayings)).find((each) => each?.scope === "application");
  if (own === undefined) {
    return { kind: "leave", reason: "NoDependency", message: "Nothing says that something outside of it fails." };
  }
  return { kind: "leave", reason: "ApplicationCause", message: `${own.cause}: its owner's to mend. ${own.text}` };
}

function isWell({ phase, containers }: PodFacts): boolean {
  return phase === "Running" && containers.every((each) => each.state === "running" || each.state === "terminated");
}

/** Bound, and not a word from a kubelet that is alive: on many nodes at once it is what lies between them and us (S0-15). */
function ofSilentPod({ pod, node }: PodSubject, since: Instant, policy: Policy, now: Instant): Verdict<Reason> {
  if (typeof node === "string" || readyStatus(node) !== "True") {
    return { kind: "leave", reason: "NodeIsSick", message: "Its node is not Ready, or not there: that explains it." };
  }
  const until = since + policy.silentForMs;
  if (now < until) {
    return { kind: "wait", until, reason: "SilentYet", message: "Its kubelet has not said a word of it yet." };
  }
  const finding = { kind: "controlPlane", key: "", part: pod.ref.uid, said: "PodSilent" } as const;
  return suspected(withPlace([finding], node.ref.name, zoneOf(node)), policy, now);
}

/** Nodes whose kubelets live and all say the same of themselves (S2-09). Silent ones are the brake's to judge. */
function ofNode({ node }: NodeSubject, sayings: readonly Saying[], policy: Policy, now: Instant): Verdict<Reason> {
  switch (readyStatus(node)) {
    case "True":
      return { kind: "leave", reason: "NodeWell", message: "It is Ready.", ends: true };
    case "Unknown":
      return { kind: "leave", reason: "NodeSilent", message: "It says nothing of itself." };
    case "False": {
      const findings = sayings
        .filter(({ remedy }) => remedy === "handOver" || remedy === "tell")
        .map(({ cause }) => ({ kind: "nodes", key: cause, part: node.ref.name, said: cause }) as const);
      if (findings.length > 0) return suspected(withPlace(findings, node.ref.name, zoneOf(node)), policy, now);
      return {
        kind: "leave",
        reason: "NoDependency",
        message: "What it says of itself has no cause that others share.",
      };
    }
  }
}

function suspected(suspects: readonly Suspicion[], { quietForMs }: Policy, now: Instant): Verdict<Reason> {
  const everyMs = Math.min(lookEveryMs.most, Math.max(lookEveryMs.least, quietForMs / 10));
  const told = suspects.map(({ kind, key, said }) => `${key === "" ? kind : `${kind} ${key}`} (${said})`);
  return {
    kind: "wait",
    until: now + everyMs,
    reason: reasonFor(suspects),
    message: `It is evidence of ${told.join(", ")}.`,
    suspects,
  };
}

function reasonFor([first]: readonly Suspicion[]): Reason {
  switch (first?.kind) {
    case "registry":
      return "RegistrySuspected";
    case "image":
      return "ImageSuspected";
    case "sandboxImage":
      return "SandboxImageSuspected";
    case "controlPlane":
      return "ControlPlaneSuspected";
    case "nodes":
      return "NodesSuspected";
    default:
      return "StorageSuspected";
  }
}
