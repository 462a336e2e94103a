import { readSchedulerMessage, type SchedulerPart } from "../../shared/kubernetes/scheduler-message.ts";

/**
 * Whether the scheduler's message says that room is what is missing, and nothing else: at least one part names a resource; the others may only say why a node was
 * no candidate. It is cordoned, tainted, or of another pool than the template selects, which is the one thing that a spill changes.
 */
export function isForLackOfRoom(message: string): boolean {
  return isLackOfRoom(readSchedulerMessage(message)?.parts ?? []);
}

/** The same of a message that was read. */
export function isLackOfRoom(parts: readonly SchedulerPart[]): boolean {
  return parts.some(isResource) && parts.every((each) => isResource(each) || isNoCandidate(each));
}

function isResource(part: SchedulerPart): boolean {
  return part.class === "resources";
}

/** What the template asks of nodes beside its pool is read from the template itself (`refusal.ts`); taints are, from the other pool's nodes (`other-pool.ts`). */
function isNoCandidate({ class: kind, text }: SchedulerPart): boolean {
  return kind === "cordon" || kind === "taint" || text === "node(s) didn't match Pod's node affinity/selector";
}
