import { describe, expect, it } from "vitest";
import type { TriedRung } from "../../../../shared/case/case.ts";
import { helpedBy, remember } from "../../../../shared/heal/rung-outcome.ts";
import { hopelessRungs, type RungOutcome } from "../../../../shared/heal/rung-record.ts";
import { suspectMark } from "../../../../shared/kubernetes/node-marks.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aNodeMemory, aNodeSubject, aStandingPod } from "../../../build/node-subject.ts";
import { aCondition } from "../../../build/pod.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryRungRecordStore } from "../../../fakes/memory-rung-record-store.ts";

const outcomes = (count: number, helped: number, at = noon): readonly RungOutcome[] =>
  Array.from({ length: count }, (_, n) => ({ id: `n${n}/a`, helped: n < helped, at }));
const hopeless = (all: readonly RungOutcome[]) => hopelessRungs({ "NotReadyPleg#restart-kubelet": all }, noon);

describe("a rung that helps nobody (S1-07)", () => {
  it.each([
    [9, 0, false],
    [10, 0, true],
    [10, 1, false],
    [20, 1, true],
    [20, 2, false],
  ])("of %i outcomes, %i helped: given up %s", (of, helped, expected) => {
    const entry = { cause: "NotReadyPleg", rung: "restart-kubelet", helped, of };
    expect(hopeless(outcomes(of, helped))).toEqual(expected ? [entry] : []);
  });

  it("is tried again once its outcomes are thirty days old, for the nodes may have changed", () => {
    expect(hopeless(outcomes(10, 0, noon - hours(30 * 24)))).toHaveLength(1);
    expect(hopeless(outcomes(10, 0, noon - hours(30 * 24) - 1))).toEqual([]);
    expect(hopelessRungs({ "NotReadyPleg#unheard-of": outcomes(10, 0) }, noon)).toEqual([]);
  });
});

const tried = (at: number): TriedRung => ({ rung: "restart-kubelet", id: "x-1", cause: "NotReadyPleg", at });
const answered = (message: string) => aCondition({ type: "knitbone.io/TaskDone", status: "True", message });
const marked = [aTaint(suspectMark)];

describe("what came of a rung (S1-07)", () => {
  const seen = (
    ready: "True" | "False" | "Unknown",
    message: string,
    ms = minutes(5),
    taints = marked,
    last = tried(noon - ms),
  ) => {
    const node = aNodeWithReady(ready, atNoon(-minutes(30)), { taints });
    const subject = aNodeSubject({ node: { ...node, conditions: [...node.conditions, answered(message)] } });
    return helpedBy(last, aNodeMemory({ since: atNoon(-hours(1)) }), subject, noon);
  };

  it("helped: the node was given back, or has been well for ten minutes since", () => {
    expect(seen("True", "x-1 done", minutes(1), [])).toBe(true);
    expect(seen("True", "x-1 done", minutes(10))).toBe(true);
    expect(seen("True", "x-1 done", minutes(10) - 1)).toBeUndefined();
  });

  it("did not help: it failed, or the node is no better after the kubelet's back-off", () => {
    expect(seen("False", "x-1 failed: no such unit", 1)).toBe(false);
    expect(seen("False", "x-1 done")).toBe(false);
    expect(seen("False", "x-1 done", minutes(5) - 1)).toBeUndefined();
    const pods = [aStandingPod({ endsBy: atNoon(-minutes(9)) })];
    const ailing = aNodeSubject({ pods, node: aNode({ conditions: [...aNode().conditions, answered("x-1 done")] }) });
    expect(helpedBy(tried(atNoon(-minutes(5))), aNodeMemory(), ailing, noon)).toBe(false);
  });

  it("nobody knows: no answer, another's answer, a node that fell silent, or counted before", () => {
    expect(seen("False", "")).toBeUndefined();
    expect(seen("False", "y-1 failed: no")).toBeUndefined();
    expect(seen("Unknown", "x-1 done", hours(1))).toBeUndefined();
    expect(
      seen("False", "x-1 done", minutes(5), marked, { ...tried(atNoon(-minutes(5))), helped: true }),
    ).toBeUndefined();
  });

  it("is counted once for its cluster, whoever looks, and the case remembers it", async () => {
    const rungs = memoryRungRecordStore();
    const node = aNodeWithReady("False", atNoon(-minutes(30)), { taints: marked });
    const subject = aNodeSubject({ node: { ...node, conditions: [...node.conditions, answered("x-1 done")] } });
    const memory = aNodeMemory({ tried: [tried(atNoon(-minutes(5)))] });
    const openCase = anOpenCase({ healer: "notready-handler", object: node.ref, memory });
    const deps = { rungs, clock: manualClock() };
    const [first] = await Promise.all([1, 2].map(() => remember(deps, openCase, subject, noon)));
    expect(first?.memory?.tried).toEqual([{ ...tried(atNoon(-minutes(5))), helped: false }]);
    if (first !== undefined) await remember(deps, first, subject, noon);
    const { cluster, uid } = openCase.key;
    expect(await rungs.read(cluster)).toEqual({
      "NotReadyPleg#restart-kubelet": [{ id: `${uid}/x-1`, helped: false, at: noon }],
    });
  });
});
