import { describe, expect, test } from "vitest";
import {
  createDaemonSet,
  createDeployment,
  createJob,
  createPod,
  createPodDisruptionBudget,
  createReplicaSet,
  createStatefulSet,
  podsOf,
} from "../../../../../infra/local/cluster-model/builder.ts";
import { nodeCondition } from "../../../../../infra/local/cluster-model/objects/node.ts";
import { isPodReady, isTerminating, podCondition } from "../../../../../infra/local/cluster-model/objects/pod.ts";
import { smallCluster } from "./small-cluster.ts";

const minutes = 60_000;
const onNode = (node: string) => ({ podSpec: { nodeSelector: { "kubernetes.io/hostname": node } } });
const path = (name: string) => `/api/v1/namespaces/default/pods/${name}`;
const merge = { "content-type": "application/merge-patch+json" };

describe("the Deployment controller", () => {
  test("owns a ReplicaSet that owns the pods", async () => {
    const { model, pass } = smallCluster();
    const deployment = createDeployment(model, { name: "web", replicas: 3 });
    await pass(2_000);
    const [set] = model.store.all("replicasets");
    expect(set?.metadata.ownerReferences).toMatchObject([
      { kind: "Deployment", uid: deployment.metadata.uid, controller: true },
    ]);
    expect(podsOf(model, "web").map((pod) => pod.metadata.ownerReferences?.[0]?.uid)).toEqual(
      Array(3).fill(set?.metadata.uid),
    );
    expect(model.store.get("deployments", "default", "web")).toMatchObject({
      metadata: { generation: 1 },
      status: { replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3, observedGeneration: 1 },
    });
  });

  test("rolls to a new template without going below what must be available", async () => {
    const { model, pass, ask } = smallCluster();
    createDeployment(model, { name: "web", replicas: 4 });
    await pass(3_000);
    const body = { spec: { template: { metadata: { annotations: { version: "2" } } } } };
    await ask({ method: "PATCH", path: "/apis/apps/v1/namespaces/default/deployments/web", headers: merge, body });
    let fewest = 4;
    for (let n = 0; n < 60; n++) {
      await pass(250);
      fewest = Math.min(fewest, podsOf(model, "web").filter((pod) => isPodReady(pod) && !isTerminating(pod)).length);
    }
    expect(fewest).toBe(3);
    expect(podsOf(model, "web").map((pod) => pod.metadata.annotations?.["version"])).toEqual(["2", "2", "2", "2"]);
    expect(model.store.all("replicasets").map((set) => set.spec.replicas)).toEqual([0, 4]);
  });

  test("lets everything old go first when it recreates", async () => {
    const { model, pass, ask } = smallCluster();
    createDeployment(model, { name: "web", replicas: 2, strategy: { type: "Recreate" } });
    await pass(3_000);
    const body = { spec: { template: { metadata: { annotations: { version: "2" } } } } };
    await ask({ method: "PATCH", path: "/apis/apps/v1/namespaces/default/deployments/web", headers: merge, body });
    await pass(500);
    expect(podsOf(model, "web").every(isTerminating)).toBe(true);
    await pass(5_000);
    expect(podsOf(model, "web").map((pod) => pod.metadata.annotations?.["version"])).toEqual(["2", "2"]);
  });
});

describe("the ReplicaSet controller", () => {
  test("replaces a terminating pod at once", async () => {
    const { model, pass, ask } = smallCluster();
    createReplicaSet(model, { name: "web", replicas: 1, podAnnotations: { "model.knitbone.io/stop-ms": "20000" } });
    await pass(2_000);
    const [first] = podsOf(model, "web");
    await ask({ method: "DELETE", path: path(first?.metadata.name ?? "") });
    model.step();
    expect(podsOf(model, "web").map(isTerminating)).toEqual([true, false]);
  });

  test("leaves finished pods where they are and replaces them", async () => {
    const { model, pass } = smallCluster();
    createReplicaSet(model, { name: "web", replicas: 1, ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").evictPods(() => true);
    await pass(2_000);
    expect(podsOf(model, "web").map((pod) => pod.status?.phase)).toEqual(["Failed", "Running"]);
  });

  test("gives up the youngest when it has too many", async () => {
    const { model, pass, ask } = smallCluster();
    createReplicaSet(model, { name: "web", replicas: 1 });
    await pass(2_000);
    const [oldest] = podsOf(model, "web");
    const scale = (replicas: number) =>
      ask({
        method: "PATCH",
        path: "/apis/apps/v1/namespaces/default/replicasets/web",
        headers: merge,
        body: { spec: { replicas } },
      });
    await scale(3);
    await pass(2_000);
    await scale(1);
    await pass(3_000);
    expect(podsOf(model, "web").map((pod) => pod.metadata.uid)).toEqual([oldest?.metadata.uid]);
  });
});

describe("the StatefulSet controller", () => {
  test("makes pods one after the other, each when the one before is ready", async () => {
    const { model, pass } = smallCluster();
    createStatefulSet(model, { name: "db", replicas: 3 });
    const names = () => podsOf(model, "db").map((pod) => pod.metadata.name);
    model.step();
    expect(names()).toEqual(["db-0"]);
    await pass(1_000);
    expect(names()).toEqual(["db-0", "db-1"]);
    await pass(2_000);
    expect(names()).toEqual(["db-0", "db-1", "db-2"]);
  });

  test("waits for the old pod to be gone before it uses its name again", async () => {
    const { model, pass, ask, pod } = smallCluster();
    createStatefulSet(model, { name: "db", replicas: 2, ...onNode("n1") });
    await pass(4_000);
    model.kubelet("n1").freeze({ keepLease: true });
    const uid = pod("db-1")?.metadata.uid;
    await ask({ method: "DELETE", path: path("db-1") });
    await pass(5 * minutes, 1_000);
    expect(pod("db-1")?.metadata.uid).toBe(uid);
    await ask({ method: "DELETE", path: path("db-1"), body: { gracePeriodSeconds: 0, preconditions: { uid } } });
    model.step();
    expect(pod("db-1")?.metadata.uid).not.toBe(uid);
  });

  test("gives each pod its own claim", async () => {
    const { model, pass, pod } = smallCluster();
    const claim = { metadata: { name: "data" }, spec: { storageClassName: "standard" } };
    createStatefulSet(model, { name: "db", replicas: 1, volumeClaimTemplates: [claim] });
    await pass(2_000);
    expect(pod("db-0")?.spec.volumes).toMatchObject([{ persistentVolumeClaim: { claimName: "data-db-0" } }]);
    expect(model.store.get("persistentvolumeclaims", "default", "data-db-0")?.status?.phase).toBe("Bound");
  });
});

test("the DaemonSet controller keeps one pod on each node that tolerates it", async () => {
  const { model, pass } = smallCluster({
    nodes: [{ name: "n1" }, { name: "n2" }, { name: "cp", controlPlane: true }],
  });
  createDaemonSet(model, { name: "agent" });
  await pass(2_000);
  expect(
    podsOf(model, "agent")
      .map((pod) => pod.spec.nodeName)
      .sort(),
  ).toEqual(["n1", "n2"]);
  expect(model.store.get("daemonsets", "default", "agent")?.status).toMatchObject({
    desiredNumberScheduled: 2,
    numberReady: 2,
  });
});

describe("the Job controller", () => {
  test("completes when its pod has succeeded, and lets the pod go only when it is counted", async () => {
    const { model, pass } = smallCluster();
    createJob(model, { name: "once", runsForMs: 2_000 });
    await pass(1_500);
    expect(podsOf(model, "once")[0]?.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
    await pass(2_500);
    expect(model.store.get("jobs", "default", "once")?.status).toMatchObject({
      succeeded: 1,
      conditions: [{ type: "Complete", status: "True" }],
    });
    expect(podsOf(model, "once")[0]?.metadata.finalizers).toBeUndefined();
  });

  test("counts a deleted pod as failed, and fails beyond its limit", async () => {
    const { model, pass, ask } = smallCluster();
    createJob(model, { name: "fragile", spec: { backoffLimit: 0 } });
    await pass(2_000);
    await ask({ method: "DELETE", path: path(podsOf(model, "fragile")[0]?.metadata.name ?? "") });
    await pass(2_000);
    expect(model.store.get("jobs", "default", "fragile")?.status).toMatchObject({
      failed: 1,
      conditions: [{ type: "Failed", reason: "BackoffLimitExceeded" }],
    });
  });

  test("does not count an eviction that its policy ignores", async () => {
    const { model, pass, ask } = smallCluster();
    const rules = [{ action: "Ignore" as const, onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }];
    createJob(model, { name: "patient", spec: { backoffLimit: 0, podFailurePolicy: { rules } } });
    await pass(2_000);
    const name = podsOf(model, "patient")[0]?.metadata.name ?? "";
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
    expect((await ask({ method: "POST", path: `${path(name)}/eviction`, body })).status).toBe(201);
    await pass(5_000);
    const job = model.store.get("jobs", "default", "patient");
    expect(job?.status?.failed).toBeUndefined();
    expect(job?.status?.active).toBe(1);
  });
});

describe("the node lifecycle controller", () => {
  test("calls a silent node Unknown, taints it and its pods unready", async () => {
    const { model, pass, pod } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").freeze();
    await pass(65_000, 1_000);
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    expect(node?.spec.taints).toMatchObject([
      { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
    ]);
    expect(pod("web") && isPodReady(pod("web") ?? ({} as never))).toBe(false);
  });

  test("forgives it as soon as it is back", async () => {
    const { model, pass, pod } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").freeze();
    await pass(65_000, 1_000);
    model.kubelet("n1").thaw();
    await pass(6_000);
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")?.status).toBe("True");
    expect(node?.spec.taints).toBeUndefined();
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("makes nodes blink after the API server has stood still", async () => {
    const { model, pass } = smallCluster();
    const end = model.outage();
    await pass(90_000, 1_000);
    end();
    const ready = () => model.store.all("nodes").map((node) => nodeCondition(node, "Ready")?.status);
    model.step();
    expect(ready()).toEqual(["Unknown", "Unknown"]);
    await pass(21_000);
    expect(ready()).toEqual(["True", "True"]);
  });

  const emptied = (model: ReturnType<typeof smallCluster>["model"]) =>
    model.store
      .all("nodes")
      .filter((node) => node.spec.taints?.some((taint) => taint.effect === "NoExecute"))
      .map((node) => node.metadata.name);
  const zoneOf = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `n${n + 1}`, zone: "a" }));

  test("empties one node of a zone in ten seconds", async () => {
    const { model, pass } = smallCluster({ nodes: zoneOf(6) });
    for (const node of ["n1", "n2"]) model.kubelet(node).runtimeDown();
    await pass(5_000);
    expect(emptied(model)).toEqual(["n1"]);
    await pass(11_000);
    expect(emptied(model)).toEqual(["n1", "n2"]);
  });

  test("stops where more than two nodes and 55 % of a zone are unready", async () => {
    const { model, pass } = smallCluster({ nodes: zoneOf(5) });
    for (const node of ["n1", "n2", "n3"]) model.kubelet(node).runtimeDown();
    await pass(5 * minutes, 1_000);
    expect(emptied(model)).toEqual([]);
  });

  test("lets all nodes off when none is ready", async () => {
    const { model, pass } = smallCluster();
    model.kubelet("n1").runtimeDown();
    await pass(5_000);
    expect(emptied(model)).toEqual(["n1"]);
    model.kubelet("n2").runtimeDown();
    await pass(5_000);
    expect(emptied(model)).toEqual([]);
    expect(model.store.get("nodes", "", "n2")?.spec.taints).toMatchObject([{ effect: "NoSchedule" }]);
  });

  test("taints what is cordoned", async () => {
    const { model, ask } = smallCluster();
    await ask({ method: "PATCH", path: "/api/v1/nodes/n1", headers: merge, body: { spec: { unschedulable: true } } });
    model.step();
    expect(model.store.get("nodes", "", "n1")?.spec.taints).toMatchObject([
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
    ]);
  });
});

test("the taint manager deletes pods of an unreachable node after five minutes, not before", async () => {
  const { model, pass, pod } = smallCluster();
  createPod(model, { name: "web", ...onNode("n1") });
  await pass(2_000);
  model.kubelet("n1").freeze();
  await pass(65_000, 1_000);
  const added = Date.parse(model.store.get("nodes", "", "n1")?.spec.taints?.[1]?.timeAdded ?? "");
  await pass(added + 300_000 - Date.parse("2026-11-21T12:01:07Z") - 1_000, 1_000);
  expect(pod("web")?.metadata.deletionTimestamp).toBeUndefined();
  await pass(2_000);
  const gone = pod("web");
  expect(gone?.metadata.deletionTimestamp).toBeDefined();
  expect(gone && podCondition(gone, "DisruptionTarget")?.reason).toBe("DeletionByTaintManager");
});

describe("pod garbage collection", () => {
  test("fails and removes the pods of a node that is gone, after its quarantine", async () => {
    const { model, pass, pod, ask } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    const { body } = await ask({ method: "GET", path: "/api/v1/pods" });
    const { resourceVersion } = body["metadata"] as { resourceVersion: string };
    await ask({ method: "DELETE", path: "/api/v1/nodes/n1" });
    await pass(40_000, 1_000);
    expect(pod("web")).toBeDefined();
    await pass(40_000, 1_000);
    expect(pod("web")).toBeUndefined();
    const opened = model.api.handle({
      method: "GET",
      path: "/api/v1/pods",
      query: { watch: "1", resourceVersion },
      headers: { authorization: "Bearer admin" },
    });
    const phases: string[] = [];
    for (
      let event = opened.kind === "watch" && opened.watch.take();
      event;
      event = opened.kind === "watch" && opened.watch.take()
    ) {
      if ("status" in event.object && typeof event.object.status === "object")
        phases.push(String((event.object.status as { phase: string }).phase));
    }
    expect(phases.slice(-2)).toEqual(["Failed", "Failed"]);
  });

  test("does nothing while it is switched off", async () => {
    const { model, pass, pod, ask } = smallCluster();
    model.switchController("pod-gc", false);
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    await ask({ method: "DELETE", path: "/api/v1/nodes/n1" });
    await pass(10 * minutes, 5_000);
    expect(pod("web")).toBeDefined();
    model.switchController("pod-gc", true);
    await pass(80_000, 5_000);
    expect(pod("web")).toBeUndefined();
  });

  test("removes terminating pods of a node that is out of service", async () => {
    const { model, pass, pod, ask } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").powerOff();
    await pass(65_000, 1_000);
    await ask({ method: "DELETE", path: path("web") });
    const taints = [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }];
    await ask({ method: "PATCH", path: "/api/v1/nodes/n1", headers: merge, body: { spec: { taints } } });
    await pass(25_000, 1_000);
    expect(pod("web")).toBeUndefined();
  });
});

test("the garbage collector removes a Deployment's ReplicaSets and pods after it", async () => {
  const { model, pass, ask } = smallCluster();
  createDeployment(model, { name: "web", replicas: 2 });
  await pass(3_000);
  await ask({ method: "DELETE", path: "/apis/apps/v1/namespaces/default/deployments/web" });
  await pass(5_000);
  expect([model.store.all("replicasets").length, podsOf(model, "web").length]).toEqual([0, 0]);
});

test("orphans stay while the garbage collector is switched off", async () => {
  const { model, pass, ask } = smallCluster();
  createReplicaSet(model, { name: "web", replicas: 2 });
  await pass(3_000);
  model.switchController("garbage-collector", false);
  await ask({ method: "DELETE", path: "/apis/apps/v1/namespaces/default/replicasets/web" });
  await pass(60_000, 1_000);
  expect(podsOf(model, "web").length).toBe(2);
});

test("the disruption controller counts percentages of what the owners want", async () => {
  const { model, pass } = smallCluster();
  createDeployment(model, { name: "web", replicas: 4 });
  createPodDisruptionBudget(model, { name: "half", over: "web", maxUnavailable: "50%" });
  await pass(3_000);
  expect(model.store.get("poddisruptionbudgets", "default", "half")?.status).toMatchObject({
    expectedPods: 4,
    desiredHealthy: 2,
    currentHealthy: 4,
    disruptionsAllowed: 2,
  });
});

test("Events are gone after an hour", async () => {
  const { model, pass, eventsOf } = smallCluster();
  createPod(model, { name: "web" });
  await pass(2_000);
  expect(eventsOf("web").length).toBe(4);
  await pass(62 * minutes, 30_000);
  expect(eventsOf("web")).toEqual([]);
});
