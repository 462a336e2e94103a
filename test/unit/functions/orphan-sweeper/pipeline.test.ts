import { describe, expect, it } from "vitest";
import { orphanSweeper } from "../../../../functions/orphan-sweeper/healer.ts";
import { parsePolicy } from "../../../../functions/orphan-sweeper/policy.ts";
import type { PodFacts } from "../../../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon } from "../../../build/instant.ts";
import { aSighting } from "../../../build/message.ts";
import { aNode } from "../../../build/node.ts";
import { anEvictedPod } from "../../../build/pod.ts";
import { aReplicaSet } from "../../../build/workload.ts";
import { aStage, type Stage } from "../../../scenario/stage.ts";

async function onStage(): Promise<Stage> {
  const parsed = parsePolicy({}, 1);
  if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
  return aStage(orphanSweeper(parsed.policy));
}

function sight(stage: Stage, pod: PodFacts) {
  const signals = ["PodFailed"] as const;
  const sighting = aSighting({ healer: "orphan-sweeper", object: pod.ref, signals, sightedAt: stage.clock.now() });
  return stage.receive(JSON.stringify(sighting));
}

const rejected = (n: number): PodFacts => {
  const at = atNoon(-seconds(2 * n));
  return anEvictedPod({ name: `web-${n}`, reason: "OutOfcpu", creationTimestamp: at, containers: [], conditions: [] });
};

describe("orphan-sweeper on the pipeline", () => {
  it("evicts what is past its time to live, and leaves the newest five (S0-04, 50)", async () => {
    const stage = await onStage();
    const pods = Array.from({ length: 9 }, (_, n) => anEvictedPod({ name: `web-${n}` }));
    for (const pod of pods) stage.api.putPod(pod);
    for (const pod of pods) await sight(stage, pod);
    expect(stage.api.writes.map((each) => `${each.verb} ${each.pod.name} ${each.outcome}`)).toEqual([
      "evict web-0 Done",
      "evict web-1 Done",
      "evict web-2 Done",
      "evict web-3 Done",
    ]);
    await stage.pass(minutes(1));
    expect(await stage.caseOf("uid-of-pod-web-0")).toMatchObject({ state: "closed" });
    expect(await stage.caseOf("uid-of-pod-web-4")).toMatchObject({
      verdict: { kind: "leave", reason: "KeptAsEvidence" },
    });
  });

  it("hands a node over to one case, however many pods its rejection loop makes, and sweeps them a minute later (S0-23, 52)", async () => {
    const stage = await onStage();
    const pods = Array.from({ length: 12 }, (_, n) => rejected(n));
    for (const pod of pods) stage.api.putPod(pod);
    for (const pod of pods) await sight(stage, pod);
    expect(await stage.deps.ledger.list()).toEqual([]);
    const node = await stage.caseOf(aNode().ref.uid, "notready-handler");
    expect(node?.symptoms?.map(({ reason }) => reason)).toEqual(Array(12).fill("RejectionLoop"));
    await stage.pass(minutes(2));
    expect(stage.api.writes.map((each) => each.pod.name).toSorted()).toEqual([
      "web-10",
      "web-11",
      "web-5",
      "web-6",
      "web-7",
      "web-8",
      "web-9",
    ]);
  });

  it("tells of a pinned workload once", async () => {
    const stage = await onStage();
    stage.api.putWorkload(aReplicaSet({ templateNamesNode: true }));
    const pods = Array.from({ length: 12 }, (_, n) => rejected(n));
    for (const pod of pods) stage.api.putPod(pod);
    for (const pod of pods) await sight(stage, pod);
    expect(
      (await stage.deps.ledger.list()).map((each) => `${each.reason} ${each.object.kind} ${each.object.name}`),
    ).toEqual(["PinnedRejectionLoop Deployment web"]);
  });
});
