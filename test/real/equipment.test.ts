import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { kubernetes } from "./kube/versions.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { eventually, never } from "./wait.ts";
import {
  createDeployment,
  createNamespace,
  createPod,
  createReplicaSet,
  deletePod,
  podsOf,
  runningPods,
  scaleReplicaSet,
} from "./workloads.ts";

// What the stories build on, proven without the product: a real cluster that behaves as they need it to.
describe("the equipment of the real tier", () => {
  let cluster: ControlPlane;
  let kubelet: Kubelet;
  let full: Kubelet;

  beforeAll(async () => {
    cluster = await startControlPlane();
    [kubelet, full] = await Promise.all([
      startKubelet(cluster, { node: "node-a", labels: { story: "freeze" } }),
      startKubelet(cluster, {
        node: "node-full",
        labels: { story: "full" },
        maxPods: 1,
        taints: ["story=full:NoSchedule"],
      }),
    ]);
  });
  afterAll(() => cluster?.stop());

  test("a kubeconfig made here serves kubectl, and the nodes carry what they were given", async () => {
    const { stdout } = await promisify(execFile)(cluster.programs.kubectl, [
      `--kubeconfig=${cluster.kubeconfig("shop-eu", "admin")}`,
      "--context=shop-eu",
      "get",
      "nodes",
      "--output=json",
    ]);
    const nodes = (
      JSON.parse(stdout) as { items: { metadata: { name: string; labels: object }; spec: object; status: object }[] }
    ).items;
    expect(nodes).toMatchObject([
      { metadata: { name: kubelet.node, labels: { story: "freeze" } } },
      {
        metadata: { name: full.node, labels: { story: "full" } },
        spec: { taints: [{ key: "story", value: "full", effect: "NoSchedule" }] },
        status: { capacity: { pods: "1" } },
      },
    ]);
  });

  test("a kubelet runs the pods of a ReplicaSet and records events", async () => {
    const node = await cluster.api.get("/api/v1/nodes/node-a");
    expect(node.status.nodeInfo.kubeletVersion).toBe(kubernetes(process.env).version);
    await createNamespace(cluster, "runs");
    await createReplicaSet(cluster, "runs", "web", 3, { nodeSelector: { story: "freeze" } });
    const pods = await runningPods(cluster, "runs", "web", 3);
    expect(pods.map((pod) => pod.spec.nodeName)).toEqual(["node-a", "node-a", "node-a"]);
    await eventually("an event of the kubelet's own", 20_000, async () => {
      const events = (await cluster.api.list("/api/v1/namespaces/runs/events")) as readonly unknown[] as {
        reason: string;
        source: { component?: string; host?: string };
      }[];
      return events.find(
        ({ reason, source }) => reason === "Started" && source.component === "kubelet" && source.host === "node-a",
      );
    });
  });

  test("a frozen kubelet leaves deleted pods Terminating on a Ready node; thawed, it lets them go", async () => {
    await createNamespace(cluster, "freezes");
    await createDeployment(cluster, "freezes", "api", { nodeSelector: { story: "freeze" } });
    const [pod] = await runningPods(cluster, "freezes", "api", 1);
    if (pod === undefined) throw new Error("unreachable: runningPods answered one");
    const path = `/api/v1/namespaces/freezes/pods/${pod.metadata.name}`;

    kubelet.freeze();
    try {
      await deletePod(cluster, pod);
      await never("the pod went although its kubelet is frozen", 10_000, async () => {
        const found = await cluster.api.find(path);
        return found?.metadata.uid === pod.metadata.uid ? undefined : "it is gone";
      });
      const [stuck, node] = await Promise.all([cluster.api.get(path), cluster.api.get("/api/v1/nodes/node-a")]);
      expect(stuck.metadata).toMatchObject({ uid: pod.metadata.uid, deletionTimestamp: expect.any(String) });
      expect(node.status.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
    } finally {
      kubelet.thaw();
    }
    await eventually(
      "the pod to be gone",
      60_000,
      async () => (await cluster.api.find(path)) === undefined || undefined,
    );
  });

  test("a full node rejects what is bound to it past the scheduler, again and again, until the ReplicaSet is scaled down", async () => {
    await createNamespace(cluster, "rejects");
    await createPod(cluster, "rejects", "filler", { nodeName: full.node });
    await runningPods(cluster, "rejects", "filler", 1);
    await createReplicaSet(cluster, "rejects", "pinned", 1, { nodeName: full.node });
    const rejected = await eventually("20 rejected pods", 60_000, async () => {
      const pods = await podsOf(cluster, "rejects", "pinned");
      const failed = pods.filter((pod) => pod.status.phase === "Failed");
      return failed.length >= 20 ? failed : undefined;
    });
    expect(new Set(rejected.map((pod) => pod.status.reason))).toEqual(new Set(["OutOfpods"]));
    await scaleReplicaSet(cluster, "rejects", "pinned", 0);
    await eventually("no active pod to be left", 30_000, async () => {
      const pods = await podsOf(cluster, "rejects", "pinned");
      return pods.every((pod) => pod.status.phase === "Failed") || undefined;
    });
  });

  test("the audit log tells deletes and evictions with their preconditions, and the product's requests from others'", async () => {
    await createNamespace(cluster, "audited");
    await createReplicaSet(cluster, "audited", "web", 2, { nodeSelector: { story: "freeze" } });
    const [first, second] = await runningPods(cluster, "audited", "web", 2);
    if (first === undefined || second === undefined) throw new Error("unreachable: runningPods answered two");
    const kubectl = (args: readonly string[], user: string) =>
      promisify(execFile)(cluster.programs.kubectl, [`--kubeconfig=${cluster.kubeconfig("local", user)}`, ...args]);

    const wrongUid = { preconditions: { uid: "00000000-0000-0000-0000-000000000000" } };
    await expect(
      cluster.api.delete(`/api/v1/namespaces/audited/pods/${first.metadata.name}`, wrongUid),
    ).rejects.toMatchObject({
      status: 409,
    });
    await cluster.api.delete(`/api/v1/namespaces/audited/pods/${first.metadata.name}`, {
      gracePeriodSeconds: 0,
      preconditions: { uid: first.metadata.uid },
    });
    await cluster.api.create(`/api/v1/namespaces/audited/pods/${second.metadata.name}/eviction`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: second.metadata.name, namespace: "audited" },
      deleteOptions: { preconditions: { uid: second.metadata.uid } },
    });
    await kubectl(["get", "pods", "--namespace=audited"], "knitbone");
    // The product's user may write Events, and no more than its roles say.
    await expect(kubectl(["create", "configmap", "mark", "--namespace=audited"], "knitbone")).rejects.toThrow(
      "forbidden",
    );

    const removals = await eventually("three records in the audit log", 10_000, () => {
      const asked = cluster.audit.podRemovals(
        (record) => record.object.namespace === "audited" && record.user === "admin",
      );
      return asked.length >= 2 && cluster.audit.productWrites().length > 0 ? asked : undefined;
    });
    expect(removals).toMatchObject([
      { by: "delete", name: first.metadata.name, preconditionUid: first.metadata.uid, gracePeriodSeconds: 0 },
      { by: "eviction", name: second.metadata.name, preconditionUid: second.metadata.uid, record: { status: 201 } },
    ]);
    expect(cluster.audit.records().filter((record) => record.user === "admin" && record.status === 409)).toMatchObject([
      { verb: "delete", object: { resource: "pods", name: first.metadata.name }, requestObject: wrongUid },
    ]);
    expect(cluster.audit.productWrites()).toMatchObject([
      { verb: "create", user: "knitbone", object: { resource: "configmaps" }, status: 403 },
    ]);
    expect(cluster.audit.productWrites()[0]?.userAgent).toMatch(`kubectl/${kubernetes(process.env).version} `);
  });
});
