import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { classifyPod } from "../../functions/forwarder/classify.ts";
import { type RunningForwarder, startForwarder } from "../../functions/forwarder/forwarder.ts";
import { forwarderSettings } from "../../functions/forwarder/settings.ts";
import type { Rule } from "../../infra/local/cluster-model/api/access.ts";
import { aCluster, createDeployment, createReplicaSet, podsOf } from "../../infra/local/cluster-model/builder.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import type { Delta } from "../../shared/delta/delta.ts";
import type { ForwarderMessage } from "../../shared/delta/forwarder-message.ts";
import { podFromRaw } from "../../shared/kubernetes/pod.ts";
import type { Raw } from "../../shared/kubernetes/raw.ts";
import { silentLog } from "../../shared/log/log.ts";
import { type ManualClock, manualClock } from "../fakes/manual-clock.ts";
import { type MemoryQueue, memoryQueue, queueDown } from "../fakes/memory-queue.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { modelConnection } from "../unit/functions/forwarder/model-connection.ts";

const settings = forwarderSettings({ milestones: false });
let clock: ManualClock;
let model: ClusterModel;
let queue: MemoryQueue;
let forwarder: RunningForwarder;

/** The rights of functions/forwarder/rbac.yaml: what is not in there, the forwarder of these stories has to do without. */
function shippedRules(): Rule[] {
  const text = readFileSync(new URL("../../functions/forwarder/rbac.yaml", import.meta.url), "utf8");
  return parseAllDocuments(text)
    .map((each) => each.toJS())
    .filter((each) => each.kind === "ClusterRole" || each.kind === "Role")
    .flatMap(({ metadata, rules }) =>
      rules.map((rule: Rule) => ({
        verbs: rule.verbs,
        resources: rule.resources ?? [],
        ...(metadata.namespace === undefined ? {} : { namespaces: [metadata.namespace] }),
      })),
    );
}

function removeReplicaSet(): void {
  const pinned = model.store.get("replicasets", "shop", "pinned");
  if (pinned !== undefined) model.as("somebody").remove("replicasets", pinned);
}

async function advance(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    model.step();
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(250);
  }
}

const messages = () => queue.messages().map((each) => JSON.parse(each.body) as ForwarderMessage);
const deltas = () => messages().flatMap((each) => (each.kind === "deltas" ? each.deltas : []));
const about = (uid: string) => deltas().filter((each) => each.object.uid === uid);
const kinds = (given: readonly Delta[]) => given.map((each) => [each.kind, ...each.signals].join(" "));

beforeEach(async () => {
  clock = manualClock();
  const random = seededRandom(5);
  model = aCluster({
    clock,
    random,
    name: "eu-1",
    nodes: [
      { name: "n1", zone: "a", cpu: "4", memory: "16Gi", maxPods: 20 },
      { name: "n2", zone: "b", cpu: "4", memory: "16Gi", maxPods: 20 },
    ],
    namespaces: ["shop"],
  });
  model.api.addToken("token", "system:serviceaccount:knitbone:knitbone-forwarder", shippedRules());
  queue = memoryQueue(clock, random);
  const connection = modelConnection(model, clock, "token");
  forwarder = startForwarder({ cluster: "eu-1", connection, queue, clock, random, log: silentLog, settings });
  await advance(2_000);
  await forwarder.synced();
});
afterEach(async () => {
  const stopped = forwarder.stop();
  await advance(2_000);
  await stopped;
});

describe("on a cluster, with the rights that are shipped", () => {
  it("reads everything it needs and writes nothing (S0-68, 75)", async () => {
    await advance(60_000);
    expect(Object.values(forwarder.status().resources).map((each) => [each.synced, each.trouble])).toEqual(
      Array.from({ length: 4 }, () => [true, undefined]),
    );
    const report = messages().findLast((each) => each.kind === "report")?.report;
    expect(report?.incarnation).toBe(model.store.get("namespaces", "", "kube-system")?.metadata.uid);
    expect(report?.zones).toEqual([
      { zone: "a", ready: 1, notReady: 0, unknown: 0 },
      { zone: "b", ready: 1, notReady: 0, unknown: 0 },
    ]);
    expect(model.api.audit.records.filter((each) => each.user.includes("knitbone"))).toEqual([]);
  });

  it("hears of pods that hang in Terminating on a frozen kubelet, and that they are gone once it thaws", async () => {
    createDeployment(model, { name: "web", namespace: "shop", replicas: 4 });
    await advance(5_000);
    const stuck = podsOf(model, "web", "shop").filter((each) => each.spec.nodeName === "n1");
    expect(stuck.length).toBeGreaterThan(0);
    model.kubelet("n1").freeze({ keepLease: true });
    for (const each of stuck) model.as("somebody").remove("pods", each);
    await advance(29_000);
    expect(stuck.flatMap((each) => about(each.metadata.uid))).toEqual([]);
    await advance(35_000);
    for (const each of stuck) expect(kinds(about(each.metadata.uid))).toEqual(["suspect PodOverdue"]);
    model.kubelet("n1").thaw();
    await advance(10_000);
    // In between, a kubelet may write a last status, Failed, as the real one does.
    for (const each of stuck) {
      const told = kinds(about(each.metadata.uid));
      expect([told[0], told.at(-1)]).toEqual(["suspect PodOverdue", "gone"]);
    }
  });

  it("sees a silent node first by its Lease, then by its condition, and both recover", async () => {
    const node = model.store.get("nodes", "", "n2");
    model.kubelet("n2").freeze();
    await advance(90_000);
    expect(kinds(about(node?.metadata.uid ?? "")).slice(0, 2)).toEqual([
      "suspect NodeLeaseStale",
      "suspect NodeNotReady NodeLeaseStale",
    ]);
    model.kubelet("n2").thaw();
    await advance(30_000);
    expect(kinds(about(node?.metadata.uid ?? "")).at(-1)).toBe("recovered");
  });

  it("keeps up with a rejection loop, and forgets nobody whom the sweeper takes away", async () => {
    createReplicaSet(model, { name: "pinned", namespace: "shop", replicas: 25, podSpec: { nodeName: "n1" } });
    await advance(8_000);
    const failed = podsOf(model, "pinned", "shop").filter((each) => each.status?.phase === "Failed");
    expect(failed.length).toBeGreaterThan(50);
    const told = new Set(
      deltas()
        .filter((each) => each.signals.includes("PodFailed"))
        .map((each) => each.object.uid),
    );
    expect(failed.slice(0, -20).filter((each) => !told.has(each.metadata.uid))).toEqual([]);
    removeReplicaSet();
    for (const each of podsOf(model, "pinned", "shop")) model.as("somebody").remove("pods", each);
    await advance(60_000);
    const ended = new Set(
      deltas()
        .filter((each) => each.kind === "gone")
        .map((each) => each.object.uid),
    );
    expect([...told].filter((uid) => !ended.has(uid))).toEqual([]);
    expect(forwarder.status().suspects).toBe(0);
  });

  it("says nothing more of a cluster while its API server is away, and begins again when it is back", async () => {
    const back = model.outage();
    const reports = () => messages().filter((each) => each.kind === "report").length;
    await advance(15_000);
    const before = reports();
    await advance(180_000);
    expect(reports()).toBe(before);
    back();
    await advance(90_000);
    expect(reports()).toBeGreaterThan(before);
    expect(forwarder.status().synced).toBe(true);
  });
});

describe("whatever happens between cluster, forwarder and queue", () => {
  it("every sick pod's newest version, and every end, has been delivered once all is quiet", async () => {
    const random = seededRandom(23);
    const faults = [
      () => model.api.faults.cutWatches(),
      () => {
        model.api.faults.expireHistory();
        model.api.faults.cutWatches();
      },
      () => model.api.faults.answer({ status: 500, times: 3 }),
      () => model.api.faults.refuse(),
      () => queue.breakWith(queueDown(), "send"),
      () => queue.loseAnswer("send", queueDown()),
    ];
    createDeployment(model, { name: "web", namespace: "shop", replicas: 6 });
    createReplicaSet(model, { name: "pinned", namespace: "shop", replicas: 22, podSpec: { nodeName: "n2" } });
    for (let round = 0; round < 25; round += 1) {
      faults[Math.floor(random.next() * faults.length)]?.();
      const pods = model.store.all("pods").filter((each) => each.metadata.deletionTimestamp === undefined);
      const victim = pods[Math.floor(random.next() * pods.length)];
      if (victim !== undefined) model.as("somebody").remove("pods", victim);
      if (round === 10) model.kubelet("n1").freeze({ keepLease: true });
      if (round === 12) removeReplicaSet();
      await advance(1_000 + Math.floor(random.next() * 6_000));
      if (random.next() < 0.5) {
        model.api.faults.clear();
        queue.mend();
      }
    }
    model.api.faults.clear();
    queue.mend();
    await advance(1_300_000);
    const last = new Map(deltas().map((each) => [each.object.uid, each]));
    const living = new Map(
      model.store.all("pods").map((each) => [each.metadata.uid, podFromRaw(each as unknown as Raw)]),
    );
    const sick = [...living.values()].filter((pod) => classifyPod(pod, clock.now(), settings).signals.length > 0);
    expect(sick.length).toBeGreaterThan(0);
    expect(sick.map((pod) => [last.get(pod.ref.uid)?.kind, last.get(pod.ref.uid)?.resourceVersion])).toEqual(
      sick.map((pod) => ["suspect", pod.resourceVersion]),
    );
    const others = [...last.values()].filter(
      (each) => each.object.kind === "Pod" && !sick.some(({ ref }) => ref.uid === each.object.uid),
    );
    const expected = (each: Delta) => (living.has(each.object.uid) ? "recovered" : "gone");
    expect(others.filter((each) => !each.signals.includes("WarningEvent") && each.kind !== expected(each))).toEqual([]);
    expect(others.some((each) => each.kind === "gone")).toBe(true);
  });
});
