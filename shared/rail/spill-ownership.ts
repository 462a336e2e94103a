import type { SpillHeal } from "../heal/heal.ts";
import { ownSpillOf, type WorkloadSubject } from "../heal/subject.ts";
import { isTouched } from "../kubernetes/deployment.ts";
import { spillKey, spillOptIn, wantsSpill } from "../kubernetes/spill.ts";
import { leave, pass, type RailAnswer } from "./rail.ts";

/**
 * The last fence around spilling, whatever a healer says: only beside the workload that was judged, only where it was asked for, only for what holds nothing
 * that a second copy could fight over; and only our own spill of that workload is ever changed, as long as nobody else has changed it.
 */
export function spillOwnership(subject: WorkloadSubject, heal: SpillHeal): RailAnswer {
  if (heal.workload.uid !== subject.workload.ref.uid)
    return unproven("Only the workload that was judged may be spilled.");
  const isLarger = heal.kind !== "RemoveSpill" && heal.replicas > (subject.workload.replicas ?? 0);
  if (isLarger) return unproven("A spill is never larger than its original.");
  return heal.kind === "CreateSpill" ? creation(subject) : change(subject, heal);
}

function unproven(message: string): RailAnswer {
  return leave("OwnershipUnproven", message);
}

function creation(subject: WorkloadSubject): RailAnswer {
  const { workload, spill } = subject;
  if (spill !== undefined) return unproven(`Deployment ${spill.ref.name} exists already.`);
  if (workload.deletionTimestamp !== undefined) return unproven("It is being deleted.");
  const mark = workload.spill ?? workload.labels[spillKey];
  if (mark !== undefined) return unproven("A spill is not spilled itself.");
  if (workload.owner !== undefined) {
    return unproven(
      `It belongs to ${workload.owner.kind} ${workload.owner.name}: what that would make of a second one is not known.`,
    );
  }
  if (workload.strategy !== "RollingUpdate") return unproven("Its pods must never run beside others of their kind.");
  const holdings = holdingsOf(subject);
  return holdings.length > 0 ? unproven(`Its pods hold ${holdings.join(" and ")}.`) : asked(subject);
}

function holdingsOf({ pending }: WorkloadSubject): readonly string[] {
  return [
    ...(pending.some((each) => each.volumeClaims.length > 0) ? ["a volume claim"] : []),
    ...(pending.some((each) => each.hasResourceClaims) ? ["a resource claim"] : []),
    ...(pending.some((each) => each.hasHostPort) ? ["a host port"] : []),
  ];
}

function change(subject: WorkloadSubject, heal: Exclude<SpillHeal, { kind: "CreateSpill" }>): RailAnswer {
  const spill = ownSpillOf(subject);
  if (spill?.ref.uid !== heal.spill.uid) return unproven("Only the workload's own spill may be changed.");
  if (isTouched(spill)) return unproven(`Somebody else has changed Deployment ${spill.ref.name}.`);
  const grows = heal.kind === "ScaleSpill" && heal.replicas > (spill.replicas ?? 0);
  return grows ? asked(subject) : pass;
}

function asked({ workload, namespace }: WorkloadSubject): RailAnswer {
  return wantsSpill(workload, namespace)
    ? pass
    : leave("SpillNotOptedIn", `Neither the workload nor its namespace carries ${spillKey}=${spillOptIn}.`);
}
