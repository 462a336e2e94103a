/**
 * How a rung is asked of a node, and how it is answered (`design.md` §8):
 *
 *   metadata.annotations["knitbone.io/task"] = "restart-kubelet#<id>"
 *   status.conditions: { type: "knitbone.io/TaskDone", status: "True", reason: "restart-kubelet", message: "<id> done" }
 *                                                                                              or "<id> failed: <why>"
 *
 * Whoever answers for tasks there (the node pack's agent, a cloud's controller) takes an id up once. An id that is asked and not answered is in progress.
 */
import { findCondition } from "./condition.ts";
import type { NodeFacts } from "./node.ts";

/** Gentlest first. */
export const rungs = ["restart-runtime", "restart-kubelet", "reboot", "replace"] as const;
export type Rung = (typeof rungs)[number];

export function isRung(text: string): text is Rung {
  return rungs.some((each) => each === text);
}

export interface NodeTask {
  readonly rung: Rung;
  /** Of one asking: the case and the attempt. */
  readonly id: string;
  /** The reason that it was asked for: a rung is not repeated for the same one. */
  readonly cause: string;
}

export const taskKey = "knitbone.io/task";
/** @internal Exported for its tests. */
export const taskDoneType = "knitbone.io/TaskDone";

/** "restart-kubelet#mi4x2-3": the annotation's value. */
export function taskText({ rung, id }: Pick<NodeTask, "rung" | "id">): string {
  return `${rung}#${id}`;
}

export type TaskAnswer = "done" | "failed" | "none";

/** What the node's own condition says of this id; of another one it says nothing of ours. */
export function answerTo(node: NodeFacts, id: string): { readonly kind: TaskAnswer; readonly message: string } {
  const message = findCondition(node.conditions, taskDoneType)?.message ?? "";
  if (message === `${id} done`) return { kind: "done", message };
  if (message.startsWith(`${id} failed`)) return { kind: "failed", message };
  return { kind: "none", message: "" };
}

/** The task that stands on a node and has not been answered. */
export function unansweredTask(node: NodeFacts): string | undefined {
  const text = node.annotations[taskKey];
  const id = text?.split("#")[1];
  if (text === undefined || id === undefined || id === "") return undefined;
  return answerTo(node, id).kind === "none" ? text : undefined;
}
