import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, type Facts } from "../../../../functions/terminating-reaper/decide.ts";
import type { OwnerState, PodSubject } from "../../../../shared/heal/subject.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { noon } from "../../../build/instant.ts";
import { aNodeWithReady, aTaint } from "../../../build/node.ts";
import { anOwnerRef, aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aCronJob, aDaemonSet, aDeployment, aJob, aReplicaSet, aStatefulSet } from "../../../build/workload.ts";

const workload = fc.constantFrom(
  aReplicaSet(),
  aDeployment(),
  aDeployment({ strategy: "Recreate" }),
  aStatefulSet(),
  aDaemonSet(),
  aJob(),
  aCronJob(),
);
const ownerRef = fc.constantFrom("ReplicaSet", "Job", "StatefulSet", "CloneSet").map((kind) => anOwnerRef({ kind }));
/** Stateless ones often, so that heals are met; everything else in any combination. */
const owners: fc.Arbitrary<OwnerState> = fc.oneof(
  fc.constantFrom<OwnerState>(
    { kind: "known", chain: [aReplicaSet(), aDeployment()] },
    { kind: "known", chain: [aReplicaSet()] },
    { kind: "bare" },
  ),
  fc.array(workload, { maxLength: 3 }).map((chain): OwnerState => ({ kind: "known", chain })),
  fc.record({
    kind: fc.constantFrom("unknownKind", "missing"),
    owner: ownerRef,
    chain: fc.array(workload, { maxLength: 2 }),
  }),
);
const rarely = <T>(usual: T, otherwise: T) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, fc.constant(otherwise));

const facts: fc.Arbitrary<Facts> = fc
  .record({
    owners,
    owner: fc.option(ownerRef, { nil: undefined, freq: 1 }),
    deletedMsAgo: fc.option(fc.integer({ min: -hours(1), max: hours(48) }), { nil: undefined, freq: 9 }),
    finalizers: rarely<string[]>([], ["batch.kubernetes.io/job-tracking"]),
    volumeClaims: rarely<string[]>([], ["data"]),
    extendedResources: rarely<string[]>([], ["nvidia.com/gpu"]),
    hasResourceClaims: rarely(false, true),
    hasHostPort: rarely(false, true),
    ready: fc.constantFrom("True", "False", "Unknown"),
    outOfService: rarely(false, true),
    nodeless: fc.option(fc.constantFrom("none", "notFound"), { nil: undefined, freq: 1 }),
  })
  .map(({ owners, owner, deletedMsAgo, ready, outOfService, nodeless, ...members }) => ({
    subject: aSubject({
      pod: aPod({
        ...members,
        owner,
        deletionTimestamp: deletedMsAgo === undefined ? undefined : noon - deletedMsAgo,
        nodeName: nodeless === "none" ? undefined : "n1",
      }),
      owners,
      node:
        nodeless ??
        aNodeWithReady(ready, noon - hours(1), {
          taints: outOfService ? [aTaint({ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" })] : [],
        }),
    }),
  }));

const policy = { overdueMarginMs: minutes(2) };
const judge = (given: Facts, now = noon) => decide(given, anOpenCase(), policy, now);

function expectStateless({ pod, node, owners: above }: PodSubject): void {
  expect(noon - (pod.deletionTimestamp ?? noon)).toBeGreaterThanOrEqual(minutes(2));
  expect([pod.finalizers, pod.volumeClaims, pod.extendedResources]).toEqual([[], [], []]);
  expect([pod.hasResourceClaims, pod.hasHostPort]).toEqual([false, false]);
  expect(pod.owner?.kind).not.toBe("Job");
  expect(node).toMatchObject({ taints: [] });
  const chain = above.kind === "known" ? above.chain : [];
  const [nearest, next] = chain.map((each) => `${each.ref.kind} ${each.strategy}`);
  expect(nearest).toBe("ReplicaSet undefined");
  expect(["Deployment RollingUpdate", undefined]).toContain(next);
}

describe("whatever the facts", () => {
  it("deciding twice gives the same", () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(judge(structuredClone(given))).toEqual(judge(given));
      }),
    );
  });

  it("nothing that may have state, or that others delete, is healed", () => {
    let heals = 0;
    fc.assert(
      fc.property(facts, (given) => {
        const verdict = judge(given);
        if (verdict.kind !== "heal") return;
        heals += 1;
        expectStateless(given.subject);
        const { pod, node } = given.subject;
        const nodeRef = typeof node === "string" ? undefined : node.ref;
        const { resourceVersion } = pod;
        expect(verdict.heal).toEqual({ kind: "ForceDeletePod", pod: pod.ref, resourceVersion, node: nodeRef });
      }),
      { numRuns: 1_000 },
    );
    expect(heals).toBeGreaterThan(20);
  });

  it("time alone never takes a heal back", () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 0, max: hours(1_000) }), (given, laterMs) => {
        const verdict = judge(given);
        if (verdict.kind !== "heal") return;
        expect(judge(given, noon + laterMs)).toMatchObject({
          kind: "heal",
          heal: verdict.heal,
          reason: verdict.reason,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it("a wait ends in the future, and every verdict says why in a sentence", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const verdict = judge(given);
        if (verdict.kind === "wait") expect(verdict.until).toBeGreaterThan(noon);
        expect(verdict.reason).toMatch(/^([A-Z][a-z]*)+$/);
        expect(verdict.message).toMatch(/^Pod shop\/web-1 .*\.$/);
      }),
    );
  });
});
