import { taskKey } from "../kubernetes/node-task.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { type Raw, rawObject, rawText } from "../kubernetes/raw.ts";
import type { NodeStep } from "./node-taints.ts";

export interface TaskAsked {
  readonly node: ObjectRef;
  /** As it was judged. */
  readonly resourceVersion: string;
  /** "restart-kubelet#<id>" */
  readonly task: string;
}

/** What asking for a task comes to, from the node as the server has it. A merge patch leaves every other annotation as it is. */
export function taskPatch(raw: Raw | undefined, { node, resourceVersion, task }: TaskAsked): NodeStep {
  const metadata = rawObject(raw?.["metadata"]);
  if (raw === undefined || rawText(metadata["uid"]) !== node.uid) return { kind: "outcome", outcome: { kind: "Gone" } };
  if (rawText(rawObject(metadata["annotations"])[taskKey]) === task)
    return { kind: "outcome", outcome: { kind: "Done" } };
  if (rawText(metadata["resourceVersion"]) !== resourceVersion) {
    const message = "the node has been modified since it was judged";
    return { kind: "outcome", outcome: { kind: "Conflict", message } };
  }
  return {
    kind: "patch",
    body: { metadata: { uid: node.uid, resourceVersion, annotations: { [taskKey]: task } } },
  };
}
