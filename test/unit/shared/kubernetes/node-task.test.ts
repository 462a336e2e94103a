import { describe, expect, it } from "vitest";
import { standsAtBadValue } from "../../../../shared/kubernetes/condition.ts";
import { answerTo, taskDoneType, taskKey, taskText, unansweredTask } from "../../../../shared/kubernetes/node-task.ts";
import { aNode } from "../../../build/node.ts";
import { aCondition } from "../../../build/pod.ts";

const answered = (message: string, task = "reboot#mi4-1") =>
  aNode({ annotations: { [taskKey]: task }, conditions: [aCondition({ type: taskDoneType, message })] });

describe("a task that is asked of a node", () => {
  it("is rung and id", () => {
    expect(taskText({ rung: "restart-kubelet", id: "mi4-1" })).toBe("restart-kubelet#mi4-1");
  });

  it.each([
    ["mi4-1 done", "done"],
    ["mi4-1 failed: no such unit", "failed"],
    ["mi4-11 done", "none"],
    ["mi4-1", "none"],
    ["", "none"],
  ])("is answered by its own id alone: %j is %s", (message, kind) => {
    expect(answerTo(answered(message), "mi4-1").kind).toBe(kind);
  });

  it("is in progress until then", () => {
    expect(unansweredTask(answered("mi4-0 done"))).toBe("reboot#mi4-1");
    expect(unansweredTask(answered("mi4-1 done"))).toBeUndefined();
    expect(unansweredTask(aNode())).toBeUndefined();
    expect(unansweredTask(answered("", "reboot"))).toBeUndefined();
  });

  it("whose answer stands as a condition makes no node sick", () => {
    expect(standsAtBadValue(aCondition({ type: taskDoneType, status: "True" }))).toBe(false);
  });
});
