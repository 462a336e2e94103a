import type { Case, NodeMemory, TriedRung } from "../case/case.ts";
import { markOn, suspectMark } from "../kubernetes/node-marks.ts";
import { answerTo } from "../kubernetes/node-task.ts";
import type { Instant } from "../time/clock.ts";
import { minutes } from "../time/duration.ts";
import { stateOf, withMemory } from "./node-memory.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import type { Subject } from "./subject.ts";

/** An unhealthy kubelet backs off up to five minutes before it tries again (S2-07). A wait for Kubernetes itself: the lab does not divide it. */
export const backOffMs = minutes(5);
/** A node that has stayed well for so long under our mark was helped; one that was given back was, too. */
const wellMs = minutes(10);

/** The case with what this look adds to the memory of a node. What came of its last rung is counted for the cluster once it is seen; the case remembers that it is. */
export async function remember(
  { rungs, clock }: Pick<PipelineDeps, "rungs" | "clock">,
  before: Case,
  subject: Subject,
  now: Instant,
): Promise<Case> {
  const openCase = withMemory(before, subject, now);
  const { memory, key } = openCase;
  if (memory === undefined) return openCase;
  const last = memory.tried?.at(-1);
  const helped = last === undefined ? undefined : helpedBy(last, memory, subject, now);
  if (last === undefined || helped === undefined) return openCase;
  await rungs.add(key.cluster, last, { id: `${key.uid}/${last.id}`, helped, at: clock.now() });
  const tried = (memory.tried ?? []).map((each) => (each === last ? { ...each, helped } : each));
  return { ...openCase, memory: { ...memory, tried } };
}

/**
 * undefined: not seen (yet). Nobody answered, or the node is silent: that is no outcome. `now` by the cluster's clock.
 *
 * @internal Exported for its tests.
 */
export function helpedBy(last: TriedRung, memory: NodeMemory, subject: Subject, now: Instant): boolean | undefined {
  if (subject.kind !== "node" || last.helped !== undefined) return undefined;
  const answer = answerTo(subject.node, last.id).kind;
  if (answer === "none") return undefined;
  if (answer === "failed") return false;
  switch (stateOf(subject, now)) {
    case "well": {
      const isGivenBack = markOn(subject.node, suspectMark) === undefined;
      return isGivenBack || now - Math.max(memory.since, last.at) >= wellMs ? true : undefined;
    }
    case "notReady":
    case "ailing":
      return now - last.at >= backOffMs ? false : undefined;
    case "silent":
      return undefined;
  }
}
