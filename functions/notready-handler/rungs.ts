import type { TriedRung } from "../../shared/case/case.ts";
import type { Cause } from "../../shared/catalogue/signature.ts";
import { backOffMs } from "../../shared/heal/rung-outcome.ts";
import type { HopelessRung } from "../../shared/heal/rung-record.ts";
import { answerTo, type Rung } from "../../shared/kubernetes/node-task.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { cascading } from "./fleet.ts";
import type { Look } from "./look.ts";
import type { SickReason } from "./reasons.ts";
import { isFresh } from "./said.ts";

/** Whoever answers for tasks there does so within this, or is not there. */
const answerWithinMs = minutes(10);
/** A rung that did not help is not tried again on this node before (S1-02); never divided. */
const relapseMs = hours(2);
/** A kubelet that works takes a pod away within this after its time. */
const overdueMarginMs = seconds(30);

/** What is tried, the gentlest first, per cause. Of causes that are not here nothing is tried: what they need is not on the node (a DaemonSet, a person, room). */
const ladders: Readonly<Partial<Record<SickReason, readonly Rung[]>>> = {
  NotReadyRuntime: ["restart-runtime", "restart-kubelet", "reboot", "replace"],
  NotReadyPleg: ["restart-kubelet", "restart-runtime", "reboot", "replace"],
  NotReadyCsi: ["restart-kubelet", "reboot", "replace"],
  NotReadyOther: ["restart-kubelet", "reboot", "replace"],
  // Its kubelet was just restarted.
  AfterKubeletRestart: ["restart-runtime", "reboot", "replace"],
  PostReboot: ["restart-runtime", "restart-kubelet", "replace"],
  Flapping: ["reboot", "replace"],
  Rebooting: ["replace"],
  NodeSuspected: ["restart-runtime", "restart-kubelet", "reboot", "replace"],
  RuntimeDown: ["restart-runtime", "reboot", "replace"],
  KubeletRestarting: ["reboot", "replace"],
  // What hangs in the kernel outlives every restart of a service (S0-18).
  ProcessHung: ["reboot", "replace"],
  // No retry: what leaked comes back with a boot only (S0-81).
  CgroupLeak: ["reboot", "replace"],
  MountBusy: ["reboot", "replace"],
  // Restarting dbus or logind themselves is riskier than what it would cure (S0-42).
  DbusClosed: ["restart-kubelet", "reboot", "replace"],
  NameReserved: ["restart-runtime", "reboot", "replace"],
  RuntimeTimeout: ["restart-runtime", "restart-kubelet", "reboot", "replace"],
  CgroupMissing: ["reboot", "replace"],
  // A kubelet that waits behind a hung process is blocked again where it starts (S0-101, S3-11).
  HousekeepingStuck: ["reboot", "replace"],
  // It ends by itself again and again; where a reboot does not help, systemd and kubelet do not fit (S0-59).
  KubeletStartFailed: ["reboot", "replace"],
  // Dropping caches is not safe (S0-94).
  KernelMemory: ["reboot", "replace"],
  LayerCorrupt: ["replace"],
  FilesystemReadOnly: ["replace"],
};

export type Step =
  /** `skipped`: gentler ones that have never helped here, in words. */
  | { readonly kind: "ask"; readonly rung: Rung; readonly skipped?: string }
  /** Whatever is left has not helped the nodes of this cluster (S1-07). */
  | { readonly kind: "hopeless"; readonly words: string }
  /** One was asked for, and has its time. */
  | { readonly kind: "wait"; readonly until: number; readonly words: string }
  /** Nobody there takes tasks. */
  | { readonly kind: "unanswered"; readonly words: string }
  /** Only a restart of the kubelet is left, which would turn a hung container into a node that is not Ready (S3-12). */
  | { readonly kind: "hung"; readonly words: string }
  | { readonly kind: "none"; readonly words?: string };

/** The next rung for this cause. `emptied`: no pod is left there that could be moved; before that nothing ends them all at once. */
export function nextRung(look: Look, reason: SickReason, emptied: boolean): Step {
  const { openCase, policy, now } = look;
  if (policy.mode === "investigate") return { kind: "none" };
  const tried = (openCase.memory?.tried ?? []).filter(({ at }) => now - at <= relapseMs);
  const underWay = underWayOf(look, tried.at(-1));
  if (underWay !== undefined) return underWay;
  const left = (ladders[reason] ?? [])
    .filter((rung) => policy.rungs.includes(rung))
    .filter((rung) => tried.every((each) => each.rung !== rung));
  const hopeless = (look.facts.hopeless ?? []).filter((each) => each.cause === reason && left.includes(each.rung));
  const useful = left.filter((rung) => hopeless.every((each) => each.rung !== rung));
  if (useful.length === 0 && hopeless.length > 0) return { kind: "hopeless", words: recordWords(hopeless) };
  const hung = hungContainer(look);
  const [rung] = useful.filter((each) => each !== "restart-kubelet" || hung === undefined);
  if (rung === undefined) {
    return useful.length > 0 && hung !== undefined ? { kind: "hung", words: hung } : { kind: "none" };
  }
  const because = obstacle(look, rung, emptied);
  if (because !== undefined) return { kind: "none", words: because };
  const gentler = hopeless.filter((each) => left.indexOf(each.rung) < left.indexOf(rung));
  return { kind: "ask", rung, ...(gentler.length === 0 ? {} : { skipped: recordWords(gentler) }) };
}

/** "restart-kubelet helped 0 of the last 12 nodes of this cluster". */
function recordWords(hopeless: readonly HopelessRung[]): string {
  const words = hopeless.map(({ rung, helped, of }) => `${rung} helped ${helped} of the last ${of}`);
  return `${words.join(", ")} nodes of this cluster that had this`;
}

/** The last one, while it has its time; or nobody answered. undefined: it did not help, or there was none. */
function underWayOf({ subject, now }: Look, last: TriedRung | undefined): Step | undefined {
  if (last === undefined) return undefined;
  const answer = answerTo(subject.node, last.id);
  const words = `was asked for ${last.rung}`;
  if (answer.kind === "none" && now >= last.at + answerWithinMs) {
    return { kind: "unanswered", words: `${words}, and nobody there has answered: nothing more is asked of it` };
  }
  const until = last.at + (answer.kind === "none" ? answerWithinMs : backOffMs);
  return answer.kind !== "failed" && now < until ? { kind: "wait", until, words } : undefined;
}

/** Why this rung is not asked for now, in words. One node at a time: what helps one is tried on the next (S2-04). */
function obstacle({ facts: { fleet, said = [] }, now }: Look, rung: Rung, emptied: boolean): string | undefined {
  // A restart under heavy IO reads and writes the more, and fails for the same reason (S0-36).
  const isSlow = said.some((each) => each.known?.cause === "DiskSlow" && isFresh(each, now));
  if (isSlow && rung !== "replace") return "its disk is slow: nothing is restarted before that is over";
  const elsewhere = fleet?.siblings.find(({ ready, task }) => ready !== "True" && task !== undefined);
  if (elsewhere !== undefined) return `${elsewhere.task} is being tried on node ${elsewhere.ref.name} first`;
  if (fleet !== undefined && cascading(fleet, now)) return "others failed in the last ten minutes: nothing is tried";
  const endsAll = rung === "reboot" || rung === "replace";
  return endsAll && !emptied ? `${rung} waits until its pods are moved` : undefined;
}

/** What the node pack says of one container: it neither answers nor ends (S3-03, S0-41). */
function isHung(cause: Cause): boolean {
  return cause === "ContainerHung" || cause === "CgroupFrozen";
}

/** Whether a container there is known that cannot be stopped, in words. */
function hungContainer({ subject, facts, now }: Look): string | undefined {
  const overdue = subject.pods.find(({ endsBy }) => now - (endsBy ?? now) > overdueMarginMs);
  if (overdue !== undefined) return `pod ${overdue.ref.namespace}/${overdue.ref.name} does not end`;
  const [pod] = facts.hungPods ?? [];
  if (pod !== undefined) return `a container of ${pod} cannot be stopped`;
  const fresh = (facts.said ?? []).filter((each) => isFresh(each, now));
  const named = fresh.find(({ by, known }) => by === "condition" && known !== undefined && isHung(known.cause));
  if (named !== undefined) return `a container there is known to hang (${named.text})`;
  return fresh.some(({ known }) => known?.cause === "ProcessHung") ? "a process there hangs in the kernel" : undefined;
}
