import { expect, test } from "vitest";
import {
  createDeployment,
  createPersistentVolumeClaim,
  createPod,
  podsOf,
} from "../../../../../infra/local/cluster-model/builder.ts";
import { podCondition } from "../../../../../infra/local/cluster-model/objects/pod.ts";
import { smallCluster } from "./small-cluster.ts";

const why = (pod: ReturnType<ReturnType<typeof smallCluster>["pod"]>) => pod && podCondition(pod, "PodScheduled");

test("says in the scheduler's words why a pod fits nowhere, once", async () => {
  const { model, pass, pod, eventsOf } = smallCluster({
    nodes: [
      { name: "n1", cpu: "2" },
      { name: "n2", cpu: "2" },
      { name: "cp", controlPlane: true, cpu: "8" },
    ],
  });
  createPod(model, { name: "big", cpu: "4" });
  await pass(10_000);
  expect(why(pod("big"))).toMatchObject({
    status: "False",
    reason: "Unschedulable",
    message:
      "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: " +
      "1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
  });
  expect(eventsOf("big")).toEqual(["FailedScheduling"]);
});

test("counts what is there already, and places the pod once there is room", async () => {
  const { model, pass, pod, ask } = smallCluster({ nodes: [{ name: "n1", cpu: "2" }] });
  createPod(model, { name: "first", cpu: "1500m" });
  createPod(model, { name: "second", cpu: "1" });
  await pass(2_000);
  expect(why(pod("second"))?.message).toContain("1 Insufficient cpu");
  await ask({ method: "DELETE", path: "/api/v1/namespaces/default/pods/first" });
  await pass(3_000);
  expect(pod("second")?.status?.phase).toBe("Running");
});

test("counts pods against the node's limit", async () => {
  const { model, pass, pod } = smallCluster({ nodes: [{ name: "n1", maxPods: 1 }] });
  createPod(model, { name: "a" });
  createPod(model, { name: "b" });
  await pass(2_000);
  expect(why(pod("b"))?.message).toContain("1 Too many pods");
});

test("keeps to node selectors, taints and tolerations", async () => {
  const { model, pass, pod, ask } = smallCluster();
  const headers = { "content-type": "application/merge-patch+json" };
  const taints = [{ key: "knitbone.io/suspect", effect: "NoSchedule" }];
  await ask({ method: "PATCH", path: "/api/v1/nodes/n1", headers, body: { spec: { taints } } });
  const tolerations = [{ key: "knitbone.io/suspect", operator: "Exists" as const }];
  createPod(model, { name: "there", podSpec: { nodeSelector: { "topology.kubernetes.io/zone": "a" } } });
  createPod(model, { name: "away" });
  createPod(model, { name: "brave", podSpec: { nodeSelector: { "topology.kubernetes.io/zone": "a" }, tolerations } });
  await pass(1_000);
  expect([pod("there"), pod("away"), pod("brave")].map((each) => each?.spec.nodeName)).toEqual([undefined, "n2", "n1"]);
});

test("does not place anything on a cordoned node", async () => {
  const { model, pass, ask } = smallCluster();
  const headers = { "content-type": "application/merge-patch+json" };
  await ask({ method: "PATCH", path: "/api/v1/nodes/n1", headers, body: { spec: { unschedulable: true } } });
  createDeployment(model, { name: "web", replicas: 3 });
  await pass(2_000);
  expect(podsOf(model, "web").map((pod) => pod.spec.nodeName)).toEqual(["n2", "n2", "n2"]);
});

test("spreads by what is free", async () => {
  const { model, pass } = smallCluster();
  createDeployment(model, { name: "web", replicas: 4, cpu: "500m" });
  await pass(2_000);
  expect(
    podsOf(model, "web")
      .map((pod) => pod.spec.nodeName)
      .sort(),
  ).toEqual(["n1", "n1", "n2", "n2"]);
});

test("waits for a claim that is missing, or not bound, in the words of the real one", async () => {
  const { model, pass, pod } = smallCluster({ nodes: [{ name: "n1" }] });
  const podSpec = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
  createPod(model, { name: "web", podSpec });
  await pass(1_000);
  expect(why(pod("web"))).toMatchObject({
    reason: "Unschedulable",
    message: '0/1 nodes are available: persistentvolumeclaim "data" not found. not found',
  });
  const claim = createPersistentVolumeClaim(model, { name: "data", storageClassName: "missing" });
  await pass(1_000);
  expect(why(pod("web"))?.message).toBe(
    "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
  );
  model.as("provisioner").setStatus("persistentvolumeclaims", claim, { phase: "Bound" });
  await pass(2_000);
  expect(pod("web")?.status?.phase).toBe("Running");
});
