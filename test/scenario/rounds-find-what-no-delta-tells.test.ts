import { describe, expect, it } from "vitest";
import { orphanSweeper } from "../../functions/orphan-sweeper/healer.ts";
import { parsePolicy } from "../../functions/orphan-sweeper/policy.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aRegisteredCluster } from "../build/cluster-state.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { noon } from "../build/instant.ts";
import { aRound, aRounds } from "../build/message.ts";
import { aNamespace } from "../build/namespace.ts";
import { anOwnerRef, aPod } from "../build/pod.ts";
import { aDeployment } from "../build/workload.ts";
import { scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage, type Stage } from "./stage.ts";

const parsed = parsePolicy({}, 1);
if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
const healer = orphanSweeper(parsed.policy);
const rounds = JSON.stringify(aRounds());
const kubeSystem = aNamespace({ name: "kube-system" });
const kinds = (handled: readonly { readonly kind: string; readonly reason?: string }[]) =>
  handled.map(({ kind, reason }) => [kind, reason].filter((each) => each !== undefined).join(" "));

/** A pod whose ReplicaSet nobody finds, in a namespace that wishes for `wish`. */
async function aStray(wish?: string) {
  const stage = await aStage(healer);
  stage.api.putNamespace(kubeSystem);
  stage.api.putNamespace(
    aNamespace({ name: "shop", labels: wish === undefined ? {} : { "knitbone.io/orphans": wish } }),
  );
  const pod = aPod({ name: "stray", owner: anOwnerRef({ name: "gone-1" }) });
  stage.api.putPod(pod);
  return { stage, pod };
}

const started = (stage: Stage) => stage.receive(rounds);

describe("a pod whose owner is gone (S0-10)", () => {
  it("is looked at three times, 45 s apart, and then told of, once; nothing is written", async () => {
    const { stage, pod } = await aStray();
    expect(await started(stage)).toEqual({ kind: "RoundsBegun" });
    expect(kinds(await stage.pass(seconds(5)))).toEqual(["RoundMade", "Decided OwnerMissing"]);
    expect(kinds(await stage.pass(seconds(50)))).toEqual(["Decided OwnerMissing"]);
    expect(stage.api.events).toEqual([]);
    expect(kinds(await stage.pass(seconds(50)))).toEqual(["Decided OwnerGone"]);
    expect(stage.api.events).toMatchObject([{ type: "Warning", reason: "OwnerGone", regarding: pod.ref }]);

    await started(stage);
    await stage.pass(minutes(5));
    expect(stage.api.events).toHaveLength(1);
    expect(stage.api.writes).toEqual([]);
  });

  it("is evicted, with its uid, where the namespace asks for it", async () => {
    const { stage, pod } = await aStray("delete");
    await started(stage);
    await stage.pass(seconds(110));
    expect(stage.api.writes).toEqual([
      { verb: "evict", pod: pod.ref, resourceVersion: pod.resourceVersion, outcome: "Done" },
    ]);
    await stage.pass(seconds(20));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
  });

  it("is waited for while it uses its grace period, and is healed when it is gone", async () => {
    const { stage, pod } = await aStray("delete");
    await started(stage);
    stage.api.answerNextWrite({ kind: "Done" });
    await stage.pass(seconds(98));
    expect(stage.api.writes).toHaveLength(1);
    stage.api.putPod({ ...pod, resourceVersion: "999", deletionTimestamp: stage.clock.now() + seconds(30) });
    await stage.pass(seconds(20));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({
      state: "open",
      attempts: 1,
      verdict: { kind: "wait", reason: "BeingEvicted" },
    });
    stage.api.removePod(pod);
    await stage.pass(seconds(60));
    expect(stage.api.writes).toHaveLength(1);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
  });

  it("is forgotten when the garbage collector takes it between two looks", async () => {
    const { stage, pod } = await aStray("delete");
    await started(stage);
    await stage.pass(seconds(60));
    stage.api.removePod(pod);
    await stage.pass(seconds(60));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
    expect([...stage.api.writes, ...stage.api.events]).toEqual([]);
  });

  it("is looked at anew from the first time after the cluster was out of sight", async () => {
    const { stage, pod } = await aStray();
    await started(stage);
    await stage.pass(seconds(40));
    stage.api.breakDown();
    await stage.pass(seconds(30));
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ reason: "ClusterUnreachable" });
    stage.api.mend();
    await stage.pass(seconds(70));
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ reason: "OwnerMissing" });
    expect(stage.api.events).toEqual([]);
  });

  it("of which there are more than five is told of as one thing, and none is evicted", async () => {
    const { stage } = await aStray("delete");
    for (const n of [1, 2, 3, 4, 5])
      stage.api.putPod(aPod({ name: `more-${n}`, owner: anOwnerRef({ name: "gone-1" }) }));
    await started(stage);
    await stage.pass(minutes(3));
    expect(stage.api.writes).toEqual([]);
    expect(stage.api.events).toMatchObject([{ reason: "ManyOrphans", regarding: { kind: "Namespace", name: "shop" } }]);
  });
});

describe("a garbage collector that stands still (S0-11)", () => {
  const waiting = aDeployment({
    name: "old",
    finalizers: ["foregroundDeletion"],
    deletionTimestamp: noon - minutes(20),
  });

  it("is told of once, and its case closes when it goes on", async () => {
    const stage = await aStage(healer);
    stage.api.putNamespace(kubeSystem);
    stage.api.putWorkload(waiting);
    await started(stage);
    await stage.pass(seconds(5));
    await started(stage);
    await stage.pass(seconds(5));
    expect(stage.api.events).toMatchObject([
      { type: "Warning", reason: "GarbageCollectorStalled", regarding: kubeSystem.ref },
    ]);
    expect(await stage.caseOf(kubeSystem.ref.uid)).toMatchObject({ state: "open" });

    stage.api.putWorkload({ ...waiting, finalizers: [] });
    await started(stage);
    await stage.pass(seconds(5));
    expect(await stage.caseOf(kubeSystem.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Recovered" });
  });

  it("is not spoken of in observe mode, but stands in the ledger", async () => {
    const stage = await aStage(healer);
    stage.api.putNamespace(kubeSystem);
    stage.api.putWorkload(waiting);
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    await started(stage);
    await stage.pass(seconds(5));
    expect(stage.api.events).toEqual([]);
    expect(await stage.deps.ledger.list({})).toMatchObject([
      { reason: "GarbageCollectorStalled", mode: "observe", outcome: { kind: "Observed" } },
    ]);
  });
});

describe("a round", () => {
  it("is begun for every registered cluster, and made by each for itself", async () => {
    const { stage } = await aStray();
    await stage.clusters.register(aRegisteredCluster({ id: "eu-2", sender: "sender-2" }));
    await stage.flagRows.set(aFlagRow({ scope: "*" }));
    await started(stage);
    // eu-2 never reported: its round is put off, and eu-1's is not.
    expect(kinds(await stage.pass(seconds(3))).toSorted()).toEqual([
      "Decided OwnerMissing",
      "Held ClusterSilent",
      "RoundMade",
    ]);
  });

  it("is not made where the healer is off", async () => {
    const { stage } = await aStray();
    await stage.flagRows.set(aFlagRow({ scope: "eu-1", mode: "off" }));
    await started(stage);
    const reads = stage.api.reads();
    expect(kinds(await stage.pass(seconds(5)))).toEqual(["SwitchedOff"]);
    expect(stage.api.reads()).toBe(reads);
  });

  it("is put off while the cluster does not answer, and given up after ten times", async () => {
    const { stage } = await aStray();
    stage.api.breakDown();
    await started(stage);
    const handled = kinds(await stage.pass(minutes(15)));
    expect(handled.length).toBe(11);
    expect(new Set(handled)).toEqual(new Set(["Held ClusterUnreachable"]));
    stage.api.mend();
    expect(await stage.pass(minutes(5))).toEqual([]);
  });

  it("that is asked of a healer without rounds, or of a cluster that is gone, is nobody's", async () => {
    const { stage } = await aStray();
    expect(await stage.receive(JSON.stringify(aRound({ cluster: "eu-9" })))).toEqual({ kind: "NotRegistered" });
    const other = await aStage(scriptedHealer());
    const healer = "terminating-reaper";
    expect(await other.receive(JSON.stringify(aRounds({ healer })))).toEqual({ kind: "NotConcerned" });
    expect(await other.receive(JSON.stringify(aRound({ healer })))).toEqual({ kind: "NotConcerned" });
  });
});
