import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../../functions/orphan-sweeper/decide.ts";
import { type Policy, parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import type { OwnerState } from "../../../../shared/heal/subject.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { type Residue, residueOf } from "../../../../shared/kubernetes/residue.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { anEvictedPod, anOwnerRef } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aDaemonSet, aDeployment, aJob, aReplicaSet, aStatefulSet } from "../../../build/workload.ts";

const parsed = parsePolicy({}, 1);
if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
const policy: Policy = parsed.policy;

const failedPod = fc
  .record({
    uid: fc.uuid(),
    reason: fc.constantFrom("OutOfcpu", "OutOfcpu", "OutOfpods", "Evicted", "NodeAffinity", "Error"),
    endedMsAgo: fc.oneof(fc.nat(minutes(10)), fc.integer({ min: -minutes(1), max: hours(3) })),
    nodeName: fc.constantFrom("n1", "n1", "n2"),
    phase: fc.constantFrom("Failed", "Failed", "Failed", "Failed", "Failed", "Running"),
  })
  .map(({ endedMsAgo, ...members }) => {
    const at = noon - endedMsAgo;
    return anEvictedPod({ ...members, creationTimestamp: at, startTime: at, conditions: [], containers: [] });
  });
const group = fc.uniqueArray(failedPod, { minLength: 1, maxLength: 40, size: "max", selector: (each) => each.ref.uid });

const owners = fc.oneof(
  { weight: 5, arbitrary: fc.constant<OwnerState>({ kind: "known", chain: [aReplicaSet(), aDeployment()] }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<OwnerState>(
      { kind: "bare" },
      { kind: "known", chain: [aJob()] },
      { kind: "known", chain: [aJob({ jobFinished: true })] },
      { kind: "known", chain: [aDaemonSet()] },
      { kind: "known", chain: [aStatefulSet()] },
      { kind: "known", chain: [aReplicaSet({ templateNamesNode: true })] },
      { kind: "missing", owner: anOwnerRef(), chain: [] },
      { kind: "unknownKind", owner: anOwnerRef({ kind: "CloneSet" }), chain: [] },
    ),
  },
);
const node = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(aNode(), aNode({ unschedulable: true })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "notFound" as const,
      aNodeWithReady("Unknown", noon - hours(1)),
      aNodeWithReady("True", noon - minutes(2)),
    ),
  },
);

const factsOf = (
  pods: readonly PodFacts[],
  index: number,
  above: OwnerState,
  below: Facts["subject"]["node"],
): Facts => {
  const pod = pods[index % pods.length] ?? anEvictedPod();
  const siblings = pods.flatMap((each): readonly Residue[] => {
    const residue = each === pod ? undefined : residueOf(each);
    return residue === undefined ? [] : [residue];
  });
  return { subject: aSubject({ pod, owners: above, node: below }), siblings };
};
const facts = fc
  .tuple(group, fc.nat(), owners, node)
  .map(([pods, index, above, below]) => factsOf(pods, index, above, below));

const judge = (given: Facts, now = noon) => decide(given, anOpenCase({ healer: "orphan-sweeper" }), policy, now);

describe("whatever the facts", () => {
  it("deciding twice gives the same", () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(judge(structuredClone(given))).toEqual(judge(given));
      }),
    );
  });

  it("the order of the siblings does not matter", () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(judge({ ...given, siblings: given.siblings.toReversed() })).toEqual(judge(given));
      }),
    );
  });

  it("only Failed residue of ReplicaSets and of nobody is evicted, and only where its kubelet is trusted", () => {
    let heals = 0;
    fc.assert(
      fc.property(facts, (given) => {
        const verdict = judge(given);
        if (verdict.kind !== "heal") return;
        heals += 1;
        const { pod, owners: above, node: below } = given.subject;
        expect(pod.phase).toBe("Failed");
        expect(pod.reason).not.toBe("Error");
        expect(["known", "bare"]).toContain(above.kind);
        expect(above.kind === "known" ? above.chain[0]?.ref.kind : "ReplicaSet").toBe("ReplicaSet");
        const since = typeof below === "string" ? 0 : below.conditions[0]?.lastTransitionTime;
        expect(noon - (since ?? noon)).toBeGreaterThanOrEqual(minutes(5));
        expect(verdict.heal).toEqual({
          kind: "EvictTerminalPod",
          pod: pod.ref,
          resourceVersion: pod.resourceVersion,
        });
      }),
      { numRuns: 1_000 },
    );
    expect(heals).toBeGreaterThan(20);
  });

  it("time alone never takes an eviction back", () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 0, max: hours(1_000) }), (given, laterMs) => {
        const verdict = judge(given);
        if (verdict.kind !== "heal") return;
        expect(judge(given, noon + laterMs)).toMatchObject({ kind: "heal", heal: verdict.heal });
      }),
      { numRuns: 1_000 },
    );
  });

  it("of each class the newest five survive, and in the end no more", () => {
    fc.assert(
      fc.property(group, fc.constantFrom(0, hours(1_000)), (pods, laterMs) => {
        const chain = [aReplicaSet(), aDeployment()];
        const swept = pods.filter(
          (_, index) => judge(factsOf(pods, index, { kind: "known", chain }, aNode()), noon + laterMs).kind === "heal",
        );
        const residue = pods.map(residueOf).filter((each) => each !== undefined);
        for (const residueClass of new Set(residue.map((each) => each.residueClass))) {
          const ofClass = residue.filter((each) => each.residueClass === residueClass);
          const left = ofClass.filter((each) => !swept.some((pod) => pod.ref.uid === each.uid));
          const newest = ofClass.toSorted((a, b) => b.endedAt - a.endedAt || (a.uid < b.uid ? 1 : -1)).slice(0, 5);
          expect(left).toEqual(expect.arrayContaining(newest));
          if (laterMs > 0) expect(left).toHaveLength(newest.length);
        }
      }),
    );
  });

  it("a wait ends in the future, and every verdict says why in a sentence", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const verdict = judge(given);
        if (verdict.kind === "wait") expect(verdict.until).toBeGreaterThan(noon);
        expect(verdict.reason).toMatch(/^([A-Z][a-z]*)+$/);
        expect(verdict.message).toMatch(/^\S.*\.$/);
      }),
    );
  });
});
