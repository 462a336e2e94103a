import { describe, expect, it } from "vitest";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { anUnboundPod, aSilentPod, aStartingPod } from "../build/pending-pod.ts";
import { aContainer, anOwnerRef, aPod } from "../build/pod.ts";
import { aJob, aStatefulSet } from "../build/workload.ts";
import { evictStuck, scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage } from "./stage.ts";

/** A healer that would evict whatever it looks at as stuck. */
async function sighted(pod: PodFacts) {
  const stage = await aStage(scriptedHealer(evictStuck));
  stage.api.putWorkload(aStatefulSet());
  stage.api.putWorkload(aJob());
  stage.api.putPod(pod);
  await stage.sight(pod);
  return stage;
}

const waiting = aContainer({ state: "waiting", reason: "RunContainerError", ready: false });

describe("the eviction of a pod that is stuck, whatever a healer says", () => {
  it.each([
    ["of which no kubelet speaks", aSilentPod()],
    ["whose containers never started", aStartingPod({ reason: "CreateContainerError" })],
  ])("goes ahead for a ReplicaSet's pod %s (S0-14, S0-43)", async (_, pod) => {
    const stage = await sighted(pod);
    expect(stage.api.writes).toMatchObject([{ verb: "evict", outcome: "Done", resourceVersion: pod.resourceVersion }]);
  });

  it.each([
    ["that runs", aPod()],
    ["that is Pending, one container of which runs", aStartingPod({ containers: [aContainer(), waiting] })],
    [
      "whose init container has run",
      aStartingPod({ containers: [aContainer({ role: "init", state: "terminated" }), waiting] }),
    ],
    ["whose container ran before", aStartingPod({ containers: [{ ...waiting, lastTerminated: { exitCode: 1 } }] })],
    ["whose container was restarted", aStartingPod({ containers: [{ ...waiting, restartCount: 1 }] })],
    ["without a node", anUnboundPod("0/1 nodes are available: 1 Insufficient cpu.")],
    ["with a claim", aSilentPod({ volumeClaims: ["data"] })],
    ["with a resource claim", aSilentPod({ hasResourceClaims: true })],
    ["of a StatefulSet", aSilentPod({ owner: anOwnerRef({ kind: "StatefulSet", name: "db" }) })],
    ["of a Job", aSilentPod({ owner: anOwnerRef({ kind: "Job", name: "import" }) })],
    ["whose ReplicaSet is gone", aSilentPod({ owner: anOwnerRef({ name: "gone" }) })],
  ])("is held for a pod %s", async (_, pod) => {
    const stage = await sighted(pod);
    expect(stage.api.writes).toEqual([]);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "leave", reason: "OwnershipUnproven" });
  });
});
