import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  createDeployment,
  createPod,
  createReplicaSet,
  podsOf,
} from "../../../../../infra/local/cluster-model/builder.ts";
import {
  imageNotFound,
  registryOf,
  registryUnavailable,
  registryUnknown,
} from "../../../../../infra/local/cluster-model/kubelet/pull-words.ts";
import { nodeCondition } from "../../../../../infra/local/cluster-model/objects/node.ts";
import { podCondition } from "../../../../../infra/local/cluster-model/objects/pod.ts";
import { smallCluster } from "./small-cluster.ts";

/** What real Kubernetes said of it. */
const recorded = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/kubernetes/v1.36.3/${path}.json`, import.meta.url), "utf8"))
    .sample;
const recordedContainer = (name: string) => recorded(`containerStatus/${name}`);
const recordedEvent = (name: string) => recorded(`event/${name}`);
const recordedCondition = (name: string) => {
  const { type, status, reason, message } = recorded(`nodeCondition/${name}`);
  return { type, status, reason, message };
};

const onNode = (node: string) => ({ podSpec: { nodeSelector: { "kubernetes.io/hostname": node } } });
const minutes = 60_000;

describe("a kubelet", () => {
  test("registers its node as ready, with a lease that it renews", async () => {
    const { model, pass, clock } = smallCluster();
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")).toMatchObject({ status: "True", reason: "KubeletReady" });
    expect(node?.spec.taints).toBeUndefined();
    await pass(25_000);
    const renewed = Date.parse(model.store.get("leases", "kube-node-lease", "n1")?.spec.renewTime ?? "");
    expect(clock.now() - renewed).toBe(5_000);
  });

  test("runs a pod and says how far it is", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    createPod(model, { name: "web" });
    model.step();
    expect(pod("web")?.status).toMatchObject({
      phase: "Pending",
      startTime: "2026-11-21T12:00:00Z",
      containerStatuses: [{ state: { waiting: { reason: "ContainerCreating" } }, ready: false }],
    });
    await pass(1_000);
    expect(pod("web")?.status).toMatchObject({
      phase: "Running",
      containerStatuses: [{ state: { running: { startedAt: "2026-11-21T12:00:01Z" } }, ready: true, restartCount: 0 }],
    });
    expect(eventsOf("web")).toEqual(["Scheduled", "Pulled", "Created", "Started"]);
  });

  test("ends a deleted pod before its object goes, and confirms with its uid", async () => {
    const { model, pass, pod, ask } = smallCluster();
    createPod(model, { name: "web", podAnnotations: { "model.knitbone.io/stop-ms": "4000" } });
    await pass(2_000);
    const uid = pod("web")?.metadata.uid;
    await ask({ method: "DELETE", path: "/api/v1/namespaces/default/pods/web" });
    await pass(3_750);
    expect(pod("web")?.metadata.deletionTimestamp).toBe("2026-11-21T12:00:32Z");
    await pass(250);
    expect(pod("web")).toBeUndefined();
    expect(model.api.audit.records.at(-1)).toMatchObject({
      verb: "delete",
      user: "system:node:n1",
      name: "web",
      gracePeriodSeconds: 0,
      preconditionUid: uid,
      uidBefore: uid,
      code: 200,
    });
  });

  test("kills at the end of the grace period what does not end by itself", async () => {
    const { model, pass, pod, ask } = smallCluster();
    createPod(model, { name: "slow", podAnnotations: { "model.knitbone.io/stop-ms": "600000" } });
    await pass(2_000);
    await ask({ method: "DELETE", path: "/api/v1/namespaces/default/pods/slow", query: { gracePeriodSeconds: "10" } });
    await pass(9_750);
    expect(pod("slow")).toBeDefined();
    await pass(250);
    expect(pod("slow")).toBeUndefined();
  });

  test("leaves deleted pods Terminating while it is frozen behind a living lease", async () => {
    const { model, pass, ask, pod } = smallCluster();
    createDeployment(model, { name: "web", replicas: 2 });
    await pass(3_000);
    const victim = podsOf(model, "web").find((each) => each.spec.nodeName === "n1");
    const name = victim?.metadata.name ?? "";
    model.kubelet("n1").freeze({ keepLease: true });
    await ask({ method: "DELETE", path: `/api/v1/namespaces/default/pods/${name}` });
    await pass(10 * minutes, 1_000);
    expect(pod(name)?.metadata.deletionTimestamp).toBeDefined();
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")?.status).toBe("True");
    expect(podsOf(model, "web").length).toBe(3);
  });

  test("still has the containers of a force-deleted pod until it is thawed", async () => {
    const { model, pass, ask, pod } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").freeze({ keepLease: true });
    await ask({ method: "DELETE", path: "/api/v1/namespaces/default/pods/web", body: { gracePeriodSeconds: 0 } });
    await pass(1 * minutes);
    expect(pod("web")).toBeUndefined();
    expect(
      model
        .kubelet("n1")
        .containers()
        .map((each) => each.name),
    ).toEqual(["web"]);
    model.kubelet("n1").thaw();
    await pass(2_000);
    expect(model.kubelet("n1").containers()).toEqual([]);
  });

  test("leaves what is bound to it silent while it is frozen", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    model.kubelet("n1").freeze({ keepLease: true });
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(5 * minutes, 1_000);
    expect(pod("web")).toMatchObject({ spec: { nodeName: "n1" }, status: { phase: "Pending" } });
    expect(pod("web")?.status?.startTime).toBeUndefined();
    expect(eventsOf("web")).toEqual(["Scheduled"]);
  });

  test("brings back, thawed, a pod that was marked Failed while it could not see it", async () => {
    const { model, pass, pod } = smallCluster();
    model.kubelet("n1").freeze({ keepLease: true });
    const made = createPod(model, { name: "web", ...onNode("n1") });
    await pass(1_000);
    model.as("someone").setStatus("pods", made, { phase: "Failed", reason: "Lost" });
    await pass(1_000);
    model.kubelet("n1").thaw();
    model.step();
    expect(pod("web")?.status?.phase).toBe("Pending");
    await pass(2_000);
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("rejects what does not fit, in the real words", async () => {
    const { model, pass, pod, eventsOf } = smallCluster({ nodes: [{ name: "n1", maxPods: 2 }] });
    for (const name of ["a", "b", "c"]) createPod(model, { name, podSpec: { nodeName: "n1" } });
    await pass(1_000);
    expect(pod("c")?.status).toMatchObject({
      phase: "Failed",
      reason: "OutOfpods",
      message: "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    });
    expect(eventsOf("c")).toEqual(["OutOfpods"]);
  });

  test("counts milli-CPUs in a rejection", async () => {
    const { model, pass, pod } = smallCluster();
    createPod(model, { name: "a", cpu: "3", podSpec: { nodeName: "n1" } });
    createPod(model, { name: "b", cpu: "1500m", podSpec: { nodeName: "n1" } });
    await pass(1_000);
    expect(pod("b")?.status?.message).toBe(
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000",
    );
  });

  test("makes the rejection loop of a ReplicaSet pinned to a full node: 14 Failed pods a second", async () => {
    const { model, pass } = smallCluster({ nodes: [{ name: "n1", maxPods: 1 }] });
    createPod(model, { name: "only", podSpec: { nodeName: "n1" } });
    await pass(1_000);
    createReplicaSet(model, { name: "pinned", podSpec: { nodeName: "n1" } });
    await pass(10_000);
    const before = podsOf(model, "pinned").length;
    await pass(10_000);
    const pods = podsOf(model, "pinned");
    expect(pods.length - before).toBe(140);
    expect(new Set(pods.map((pod) => pod.status?.reason))).toEqual(new Set(["OutOfpods"]));
  });

  test("says that an image cannot be pulled, and backs off", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    const undo = model.kubelet("n1").failImages("no such host");
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(1_000);
    const waiting = () => pod("web")?.status?.containerStatuses?.[0]?.state.waiting;
    expect(waiting()).toEqual({ reason: "ErrImagePull", message: "no such host" });
    await pass(1_000);
    expect(waiting()?.reason).toBe("ImagePullBackOff");
    expect(eventsOf("web")).toEqual(["Scheduled", "Pulling", "Failed", "Failed", "BackOff", "Failed"]);
    undo();
    await pass(10_000);
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("cannot pull from one registry, in containerd's words, and can from another", async () => {
    const { model, pass, pod } = smallCluster();
    const podSpec = (image: string) => ({ ...onNode("n1").podSpec, containers: [{ name: "app", image }] });
    const undo = model
      .kubelet("n1")
      .failImages(registryUnavailable, (each) => registryOf(each) === "registry.example.com");
    model.kubelet("n1").failImages(imageNotFound, (each) => each.spec.containers[0]?.image.endsWith(":typo") === true);
    createPod(model, { name: "web", podSpec: podSpec("registry.example.com/shop/web:9") });
    createPod(model, { name: "typo", podSpec: podSpec("other.example.com/shop/web:typo") });
    createPod(model, { name: "other", podSpec: podSpec("other.example.com/shop/web:9") });
    await pass(1_000);
    expect(pod("web")?.status?.containerStatuses?.[0]?.state.waiting).toEqual(
      recordedContainer("pull-server-error.ErrImagePull").state.waiting,
    );
    expect(pod("typo")?.status?.containerStatuses?.[0]?.state.waiting?.message).toContain("not found");
    expect(pod("other")?.status?.phase).toBe("Running");
    model.kubelet("n1").failImages(registryUnknown, (each) => registryOf(each) === "gone.example.com");
    createPod(model, { name: "gone", podSpec: podSpec("gone.example.com/shop/web:9") });
    await pass(1_000);
    const noHost: string = recordedContainer("pull-no-host.ErrImagePull").state.waiting.message;
    expect(pod("gone")?.status?.containerStatuses?.[0]?.state.waiting?.message).toBe(
      noHost.replaceAll("registry.example.com", "gone.example.com"),
    );
    undo();
    await pass(15_000);
    expect(pod("web")?.status?.phase).toBe("Running");
    expect(pod("typo")?.status?.phase).toBe("Pending");
  });

  test("cannot mount a volume: an Event says so, the pod goes on being created", async () => {
    const { model, pass, pod } = smallCluster();
    const undo = model.kubelet("n1").failMounts();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(31_000);
    expect(pod("web")?.status?.containerStatuses?.[0]?.state.waiting).toEqual({ reason: "ContainerCreating" });
    expect(model.store.all("events").find((each) => each.reason === "FailedMount")).toMatchObject({
      message: recordedEvent("mount-without-source.FailedMount").message,
      count: 3,
    });
    undo();
    await pass(15_000);
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("is not ready without a network, and starts nothing that needs one", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    const undo = model.kubelet("n1").networkDown();
    await pass(1_000);
    createPod(model, { name: "web", podSpec: { nodeName: "n1" } });
    await pass(5_000);
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")).toMatchObject(recordedCondition("network-not-ready.Ready"));
    expect(eventsOf("web")).toContain("NetworkNotReady");
    undo();
    await pass(16_000);
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("overlooks some pods while everything else goes on, until it is told of them", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    const undo = model.kubelet("n1").overlookPods((each) => each.metadata.labels?.["app"] === "silent");
    createPod(model, { name: "silent", ...onNode("n1") });
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(3 * minutes, 1_000);
    expect(pod("silent")).toMatchObject({ spec: { nodeName: "n1" }, status: { phase: "Pending" } });
    expect(pod("silent")?.status?.startTime).toBeUndefined();
    expect(eventsOf("silent")).toEqual(["Scheduled"]);
    expect(pod("web")?.status?.phase).toBe("Running");
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "Ready")?.status).toBe("True");
    undo();
    await pass(3_000);
    expect(pod("silent")?.status?.phase).toBe("Running");
  });

  test("loses a device: allocatable falls, capacity stays, and who asks for more is rejected", async () => {
    const extended = { "example.com/gpu": "2" };
    const { model, pass, pod } = smallCluster({ nodes: [{ name: "n1", extended }] });
    const undo = model.kubelet("n1").loseDevices("example.com/gpu", 0);
    await pass(10_000);
    const status = () => model.store.get("nodes", "", "n1")?.status;
    expect([status()?.capacity, status()?.allocatable].map((each) => each?.["example.com/gpu"])).toEqual(["2", "0"]);
    const requests = { "example.com/gpu": "1" };
    const containers = [{ name: "app", image: "registry.example/app:1.0", resources: { requests } }];
    createPod(model, { name: "train", podSpec: { nodeName: "n1", containers } });
    await pass(1_000);
    expect(pod("train")?.status?.reason).toBe("OutOfexample.com/gpu");
    undo();
    await pass(10_000);
    expect(status()?.allocatable?.["example.com/gpu"]).toBe("2");
  });

  test("says that a sandbox cannot be made, and goes on trying", async () => {
    const { model, pass, pod } = smallCluster();
    model.kubelet("n1").failSandboxes("no network");
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(1 * minutes);
    expect(pod("web")?.status?.containerStatuses?.[0]?.state.waiting?.reason).toBe("ContainerCreating");
    const event = model.store.all("events").find((each) => each.reason === "FailedCreatePodSandBox");
    expect(event).toMatchObject({
      message: "Failed to create pod sandbox: rpc error: code = Unknown desc = no network",
      count: 4,
      type: "Warning",
    });
  });

  test("is not ready while its runtime is down, and starts nothing", async () => {
    const { model, pass, pod } = smallCluster();
    const undo = model.kubelet("n1").runtimeDown();
    createPod(model, { name: "web", podSpec: { nodeName: "n1" } });
    await pass(5_000);
    const ready = () => {
      const node = model.store.get("nodes", "", "n1");
      return node && nodeCondition(node, "Ready");
    };
    expect(ready()).toMatchObject({ status: "False", reason: "KubeletNotReady", message: "container runtime is down" });
    expect(model.store.get("nodes", "", "n1")?.spec.taints?.map((taint) => taint.key)).toEqual([
      "node.kubernetes.io/not-ready",
      "node.kubernetes.io/not-ready",
    ]);
    expect(pod("web")?.status?.startTime).toBeUndefined();
    undo();
    await pass(5_000);
    expect(ready()?.status).toBe("True");
    expect(pod("web")?.status?.phase).toBe("Running");
  });

  test("is not ready once its PLEG has hung for three minutes", async () => {
    const { model, pass } = smallCluster();
    const message = () => {
      const node = model.store.get("nodes", "", "n1");
      return (node && nodeCondition(node, "Ready")?.message) ?? "";
    };
    model.kubelet("n1").hangPleg();
    await pass(3 * minutes - 1_000, 1_000);
    expect(message()).toBe("kubelet is posting ready status");
    await pass(2_000);
    expect(message()).toMatch(/^PLEG is not healthy: pleg was last seen active 3m\d+(\.\d+)?s ago; threshold is 3m0s$/);
  });

  test("keeps pods Terminating whose containers do not die", async () => {
    const { model, pass, pod, ask } = smallCluster();
    createPod(model, { name: "stuck", ...onNode("n1") });
    await pass(2_000);
    const undo = model.kubelet("n1").hangContainers();
    await ask({ method: "DELETE", path: "/api/v1/namespaces/default/pods/stuck" });
    await pass(5 * minutes, 1_000);
    expect(pod("stuck")?.status?.phase).toBe("Running");
    undo();
    await pass(1_000);
    expect(pod("stuck")).toBeUndefined();
  });

  test("evicts under disk pressure", async () => {
    const { model, pass, pod } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").diskPressure();
    expect(model.kubelet("n1").evictPods(() => true)).toBe(1);
    await pass(1_000);
    expect(pod("web")?.status).toMatchObject({
      phase: "Failed",
      reason: "Evicted",
      message: expect.stringMatching(/^The node was low on resource: ephemeral-storage\. /),
    });
    expect(pod("web") && podCondition(pod("web") ?? ({} as never), "DisruptionTarget")?.reason).toBe(
      "TerminationByKubelet",
    );
    const node = model.store.get("nodes", "", "n1");
    expect(node && nodeCondition(node, "DiskPressure")?.status).toBe("True");
    expect(node?.spec.taints?.map((taint) => taint.key)).toEqual(["node.kubernetes.io/disk-pressure"]);
    expect(model.kubelet("n1").containers()).toEqual([]);
  });

  test("refuses everything when its devices are gone", async () => {
    const { model, pass, pod } = smallCluster();
    model.kubelet("n1").refusePods("UnexpectedAdmissionError", "Allocate failed");
    createPod(model, { name: "web", podSpec: { nodeName: "n1" } });
    await pass(1_000);
    expect(pod("web")?.status).toMatchObject({
      phase: "Failed",
      reason: "UnexpectedAdmissionError",
      message: "Pod was rejected: Allocate failed",
    });
  });

  test("ends its pods when the node shuts down", async () => {
    const { model, pass, pod } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    model.kubelet("n1").shutDown();
    createPod(model, { name: "late", podSpec: { nodeName: "n1" } });
    await pass(1_000);
    expect(pod("web")?.status).toMatchObject({ phase: "Failed", reason: "Terminated" });
    expect(pod("late")?.status).toMatchObject({ phase: "Failed", reason: "NodeShutdown" });
  });

  test("comes back from a reboot with another boot id and its pods restarted", async () => {
    const { model, pass, pod, eventsOf } = smallCluster();
    createPod(model, { name: "web", ...onNode("n1") });
    await pass(2_000);
    const bootId = () => model.store.get("nodes", "", "n1")?.status?.nodeInfo?.bootID;
    const before = bootId();
    model.kubelet("n1").reboot();
    await pass(2_000);
    expect(bootId()).not.toBe(before);
    expect(pod("web")?.status).toMatchObject({ phase: "Running", containerStatuses: [{ restartCount: 1 }] });
    expect(eventsOf("n1")).toContain("Rebooted");
  });

  test("restarts what crashes, with a growing pause", async () => {
    const { model, pass, pod } = smallCluster();
    const podAnnotations = { "model.knitbone.io/exit-after-ms": "1000", "model.knitbone.io/exit-code": "1" };
    createPod(model, { name: "crash", podAnnotations });
    await pass(4_000);
    const status = pod("crash")?.status?.containerStatuses?.[0];
    expect(status?.restartCount).toBe(2);
    expect(status?.state.waiting).toMatchObject({
      reason: "CrashLoopBackOff",
      message: expect.stringContaining("back-off 10s restarting failed container=app"),
    });
    expect(status?.lastState.terminated?.exitCode).toBe(1);
  });

  test("does not make its node again after somebody has deleted it", async () => {
    const { model, pass, ask } = smallCluster();
    await ask({ method: "DELETE", path: "/api/v1/nodes/n1" });
    await pass(1 * minutes);
    expect(model.store.get("nodes", "", "n1")).toBeUndefined();
  });
});
