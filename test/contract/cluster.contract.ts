import { describe, expect, it } from "vitest";
import type { Cluster } from "../../shared/cluster/cluster.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { spillContract } from "./cluster-spilling.ts";

/** A running cluster to keep the promises on. Names are the contract's own, so that several may share one real control plane. */
export interface ClusterUnderTest extends AsyncDisposable {
  readonly cluster: Cluster;
  /** POST or PUT of a raw object, past the Cluster under test. */
  apply(path: string, object: object): Promise<void>;
  /** Writes an object's status. */
  applyStatus(path: string, status: object): Promise<void>;
  /** A DELETE with the pod's own grace period, as a person would. */
  remove(path: string): Promise<void>;
  /** Lets controllers catch up with what was written, where there are any. */
  settle(): Promise<void>;
}

const namespace = "shop";
const podPath = (name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`;

function podBody(
  name: string,
  more: { labels?: object; finalizers?: string[]; nodeName?: string; selection?: object } = {},
) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: more.labels ?? { app: name }, finalizers: more.finalizers ?? [] },
    spec: {
      containers: [{ name: "main", image: "registry.example/app:1" }],
      terminationGracePeriodSeconds: 30,
      ...(more.nodeName === undefined ? {} : { nodeName: more.nodeName }),
      ...more.selection,
    },
  };
}

const nobody: ObjectRef = { kind: "Pod", namespace, name: "nobody", uid: "0" };

async function livePod(cluster: Cluster, name: string): Promise<PodFacts> {
  const found = await cluster.pod(namespace, name);
  if (found.kind === "notFound") throw new Error(`${name} is not there`);
  return found.object;
}

/** What healers rely on, whichever API server answers. */
export function clusterContract(create: () => Promise<ClusterUnderTest>): void {
  const on = (name: string, story: (it: ClusterUnderTest) => Promise<void>) =>
    it(name, async () => {
      await using under = await create();
      await story(under);
    });

  /** Bound to a node whose kubelet never answers, so that it stays as it is. */
  const makePod = async (under: ClusterUnderTest, name: string, more: Parameters<typeof podBody>[1] = {}) => {
    await under.apply(podPath(name), podBody(name, { nodeName: "no-such-kubelet", ...more }));
    return livePod(under.cluster, name);
  };

  describe("reading", () => {
    on("finds a pod with its identity and version, and says notFound of another name", async (under) => {
      const pod = await makePod(under, "a");
      expect(pod.ref).toEqual({ kind: "Pod", namespace, name: "a", uid: pod.ref.uid });
      expect(pod.ref.uid).not.toBe("");
      expect(pod.resourceVersion).not.toBe("");
      expect(await under.cluster.pod(namespace, "nobody")).toEqual({ kind: "notFound" });
      expect(await under.cluster.pod("nowhere", "a")).toEqual({ kind: "notFound" });
      expect(await under.cluster.node("nobody")).toEqual({ kind: "notFound" });
      expect(await under.cluster.namespace("nowhere")).toEqual({ kind: "notFound" });
      expect(await under.cluster.namespace(namespace)).toMatchObject({ kind: "found", object: { terminating: false } });
    });

    on("knows the server's time after the first answer, and is not ahead of it", async (under) => {
      expect(under.cluster.now()).toBeUndefined();
      const pod = await makePod(under, "a");
      const now = under.cluster.now() ?? Number.NaN;
      expect(now % 1_000).toBe(0);
      expect(now - (pod.creationTimestamp ?? Number.NaN)).toBeGreaterThanOrEqual(-1_000);
      expect(now - (pod.creationTimestamp ?? Number.NaN)).toBeLessThan(60_000);
    });

    on("lists whole, by namespace, node and phase", async (under) => {
      await makePod(under, "a");
      await makePod(under, "b");
      await makePod(under, "c", { nodeName: "another-kubelet" });
      await under.applyStatus(podPath("b"), { phase: "Failed" });
      const names = async (filter: Parameters<Cluster["pods"]>[0]) =>
        (await under.cluster.pods(filter)).map((each) => each.ref.name).sort();
      expect(await names({ namespace })).toEqual(["a", "b", "c"]);
      expect(await names({ namespace, nodeName: "no-such-kubelet" })).toEqual(["a", "b"]);
      expect(await names({ namespace, phase: "Failed" })).toEqual(["b"]);
      expect(await names({ namespace: "nowhere" })).toEqual([]);
    });

    on("lists more than one page", async (under) => {
      await Promise.all(
        Array.from({ length: 520 }, (_, index) => under.apply(podPath(`p${index}`), podBody(`p${index}`))),
      );
      const pods = await under.cluster.pods({ namespace });
      expect(new Set(pods.map((each) => each.ref.name)).size).toBe(520);
      expect(pods).toHaveLength(520);
    });

    on("lists metadata alone, of one namespace or of all, and knows an owner by its uid", async (under) => {
      const template = { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "main", image: "i" }] } };
      const spec = { replicas: 1, selector: { matchLabels: { app: "w" } }, template };
      const body = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "w", namespace }, spec };
      await under.apply(`/apis/apps/v1/namespaces/${namespace}/replicasets/w`, body);
      await makePod(under, "a");
      await under.settle();
      const replicaSets = await under.cluster.metadata("ReplicaSet", namespace);
      expect(replicaSets.map(({ ref }) => ref)).toEqual([
        { kind: "ReplicaSet", namespace, name: "w", uid: expect.stringMatching(/./) },
      ]);
      const pods = await under.cluster.metadata("Pod");
      expect(pods.find(({ ref }) => ref.name === "a")).toMatchObject({ finalizers: [], labels: { app: "a" } });
      const owned = pods.filter(({ ref, owner }) => ref.namespace === namespace && owner !== undefined);
      expect(owned.map(({ owner }) => owner)).toEqual([
        { apiVersion: "apps/v1", kind: "ReplicaSet", name: "w", uid: replicaSets[0]?.ref.uid },
      ]);
      expect(await under.cluster.metadata("CronJob", namespace)).toEqual([]);
    });

    on("finds the Events about one pod by its uid, about one node by its name", async (under) => {
      const pod = await makePod(under, "a");
      await makePod(under, "b");
      const tell = (name: string, where: string, involvedObject: object, reason: string) =>
        under.apply(`/api/v1/namespaces/${where}/events/${name}`, {
          apiVersion: "v1",
          kind: "Event",
          metadata: { name, namespace: where },
          involvedObject,
          reason,
          message: "as it was seen",
          type: "Warning",
          source: { component: "kubelet", host: "n1" },
        });
      await tell("a.1", namespace, { kind: "Pod", namespace, name: "a", uid: pod.ref.uid }, "FailedMount");
      await tell("a.2", namespace, { kind: "Pod", namespace, name: "a", uid: "an-older-one" }, "FailedKillPod");
      await tell("n1.1", "default", { kind: "Node", name: "n1", uid: "n1" }, "Rebooted");
      await tell("n2.1", "default", { kind: "Node", name: "n2", uid: "n2" }, "Starting");
      expect(await under.cluster.eventsAbout(pod.ref)).toEqual([
        expect.objectContaining({
          reason: "FailedMount",
          message: "as it was seen",
          source: "kubelet",
          type: "Warning",
        }),
      ]);
      const node: ObjectRef = { kind: "Node", namespace: "", name: "n1", uid: "3f1c" };
      expect((await under.cluster.eventsAbout(node)).map(({ reason }) => reason)).toEqual(["Rebooted"]);
      expect(await under.cluster.eventsAbout(nobody)).toEqual([]);
    });

    on("finds owners of known kinds and leaves others unread", async (under) => {
      const template = { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "main", image: "i" }] } };
      const spec = { replicas: 0, selector: { matchLabels: { app: "w" } }, template };
      const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "w", namespace }, spec };
      await under.apply(`/apis/apps/v1/namespaces/${namespace}/deployments/w`, body);
      const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "w", uid: "" };
      expect(await under.cluster.workload(namespace, owner)).toMatchObject({
        kind: "found",
        object: { ref: { kind: "Deployment", name: "w" }, strategy: "RollingUpdate", replicas: 0 },
      });
      expect(await under.cluster.workload(namespace, { ...owner, kind: "Rollout" })).toEqual({ kind: "unknownKind" });
      expect(await under.cluster.workload(namespace, { ...owner, name: "v" })).toEqual({ kind: "notFound" });
    });

    on("finds a claim with its class, and who makes its volume where it is noted there", async (under) => {
      const provisioner = "disks.csi.example.com";
      const claim = {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "data",
          namespace,
          annotations: { "volume.kubernetes.io/storage-provisioner": provisioner },
        },
        spec: {
          storageClassName: "nobody-has-it",
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
        },
      };
      await under.apply(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/data`, claim);
      expect(await under.cluster.volumeClaim(namespace, "data")).toMatchObject({
        kind: "found",
        object: {
          ref: { kind: "PersistentVolumeClaim", namespace, name: "data" },
          storageClass: "nobody-has-it",
          driver: provisioner,
          phase: "Pending",
        },
      });
      expect(await under.cluster.volumeClaim(namespace, "nobody")).toEqual({ kind: "notFound" });
    });

    on("finds the disruption budgets that select a pod", async (under) => {
      const pod = await makePod(under, "a", { labels: { team: "x" } });
      const budget = (name: string, selector: object) =>
        under.apply(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}`, {
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: { name, namespace },
          spec: { minAvailable: 1, selector },
        });
      await budget("mine", { matchExpressions: [{ key: "team", operator: "In", values: ["x", "y"] }] });
      await budget("other", { matchLabels: { team: "z" } });
      const found = await under.cluster.disruptionBudgetsOf(pod.ref);
      expect(found.map((each) => [each.ref.name, each.disruptionsAllowed])).toEqual([["mine", 0]]);
    });

    on("finds the nodes that a pod's own selectors admit, by labels that its facts do not keep", async (under) => {
      const before = (await under.cluster.nodes()).length;
      for (const [name, disk] of [
        ["place-a", "ssd"],
        ["place-b", "hdd"],
      ] as const) {
        const metadata = { name, labels: { "example.com/disk": disk } };
        await under.apply(`/api/v1/nodes/${name}`, { apiVersion: "v1", kind: "Node", metadata });
      }
      const admitted = async (name: string, spec: object) => {
        const pod = await makePod(under, name, { selection: spec });
        const places = await under.cluster.placesFor(pod.ref);
        expect(places).toHaveLength(before + 2);
        return places.flatMap(({ node, admits }) =>
          admits && node.ref.name.startsWith("place-") ? [node.ref.name] : [],
        );
      };
      const required = (...matchExpressions: readonly object[]) => ({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
          },
        },
      });
      expect((await admitted("anywhere", {})).toSorted()).toEqual(["place-a", "place-b"]);
      expect(await admitted("selects", { nodeSelector: { "example.com/disk": "ssd" } })).toEqual(["place-a"]);
      const notSsd = { key: "example.com/disk", operator: "NotIn", values: ["ssd"] };
      expect(await admitted("affine", required(notSsd))).toEqual(["place-b"]);
      const gone = { kind: "Pod", namespace, name: "anywhere", uid: "00000000-0000-4000-8000-000000000000" };
      expect(await under.cluster.placesFor(gone)).toEqual([]);
    });
  });

  describe("force-deleting", () => {
    on("deletes at once what is terminating", async (under) => {
      await makePod(under, "a");
      await under.remove(podPath("a"));
      const pod = await livePod(under.cluster, "a");
      expect(pod.deletionTimestamp).toBeDefined();
      expect(await under.cluster.forceDeletePod(pod.ref, pod.resourceVersion)).toEqual({ kind: "Done" });
      expect(await under.cluster.pod(namespace, "a")).toEqual({ kind: "notFound" });
    });

    on("is Gone for a pod that is not there, and for another uid under the name", async (under) => {
      const pod = await makePod(under, "a");
      expect(await under.cluster.forceDeletePod(nobody, "1")).toEqual({ kind: "Gone" });
      const outcome = await under.cluster.forceDeletePod(
        { ...pod.ref, uid: "00000000-0000-4000-8000-000000000000" },
        pod.resourceVersion,
      );
      expect(outcome).toEqual({ kind: "Gone" });
      expect(await under.cluster.pod(namespace, "a")).toMatchObject({ kind: "found" });
    });

    on("is a Conflict when the pod has changed since it was judged", async (under) => {
      const pod = await makePod(under, "a");
      await under.applyStatus(podPath("a"), { phase: "Running", reason: "Changed" });
      expect(await under.cluster.forceDeletePod(pod.ref, pod.resourceVersion)).toMatchObject({ kind: "Conflict" });
      expect(await under.cluster.pod(namespace, "a")).toMatchObject({ kind: "found" });
    });
  });

  describe("evicting", () => {
    on("deletes a Failed pod without asking its budget", async (under) => {
      await makePod(under, "a");
      await under.applyStatus(podPath("a"), { phase: "Failed", reason: "Evicted" });
      const pod = await livePod(under.cluster, "a");
      expect(await under.cluster.evictPod(pod.ref, pod.resourceVersion)).toEqual({ kind: "Done" });
      expect(await under.cluster.pod(namespace, "a")).toEqual({ kind: "notFound" });
    });

    on("is Gone for a pod that is not there, and for another uid under the name", async (under) => {
      await makePod(under, "a");
      await under.applyStatus(podPath("a"), { phase: "Failed" });
      const pod = await livePod(under.cluster, "a");
      expect(await under.cluster.evictPod(nobody, "1")).toEqual({ kind: "Gone" });
      const other = { ...pod.ref, uid: "00000000-0000-4000-8000-000000000000" };
      expect(await under.cluster.evictPod(other, pod.resourceVersion)).toEqual({ kind: "Gone" });
      expect(await under.cluster.pod(namespace, "a")).toMatchObject({ kind: "found" });
    });

    on("is a Conflict when the pod has changed since it was judged", async (under) => {
      const pod = await makePod(under, "a");
      await under.applyStatus(podPath("a"), { phase: "Failed" });
      expect(await under.cluster.evictPod(pod.ref, pod.resourceVersion)).toMatchObject({ kind: "Conflict" });
      expect(await under.cluster.pod(namespace, "a")).toMatchObject({ kind: "found" });
    });

    on(
      "is BlockedByBudget for a running pod whose budget allows nothing, and Denied under two budgets",
      async (under) => {
        await makePod(under, "a", { labels: { team: "x" } });
        await under.applyStatus(podPath("a"), { phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
        const budget = (name: string) => ({
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: { name, namespace },
          spec: { minAvailable: 1, selector: { matchLabels: { team: "x" } } },
        });
        const path = (name: string) => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}`;
        await under.apply(path("one"), budget("one"));
        await under.settle();
        const pod = await livePod(under.cluster, "a");
        const blocked = await under.cluster.evictPod(pod.ref, pod.resourceVersion);
        expect(blocked).toMatchObject({ kind: "BlockedByBudget", retryAfterMs: 10_000 });
        expect(blocked.kind === "BlockedByBudget" && blocked.message).toContain("one");
        await under.apply(path("two"), budget("two"));
        expect(await under.cluster.evictPod(pod.ref, pod.resourceVersion)).toMatchObject({ kind: "Denied" });
        expect(await under.cluster.pod(namespace, "a")).toMatchObject({ kind: "found" });
      },
    );
  });

  describe("marking a node", () => {
    const nodePath = "/api/v1/nodes/sick";
    const suspect = { key: "knitbone.io/suspect", value: "", effect: "NoSchedule" };
    const outOfService = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" };
    const theirs = { key: "example.com/theirs", value: "v", effect: "NoExecute", timeAdded: "2026-01-02T03:04:05Z" };
    const strange = "00000000-0000-4000-8000-000000000000";

    const makeNode = async (under: ClusterUnderTest): Promise<NodeFacts> => {
      const body = { apiVersion: "v1", kind: "Node", metadata: { name: "sick" }, spec: { taints: [theirs] } };
      await under.apply(nodePath, body);
      // Kubernetes' own controllers write to a new node too, and each of their writes is a new resourceVersion.
      await under.settle();
      return liveNode(under.cluster);
    };
    /** Marks the node as it is now; a controller's write between the look and the mark only means another look. */
    const mark = async (how: "taintNode" | "untaintNode", cluster: Cluster, taint: typeof suspect) => {
      for (let left = 5; ; left -= 1) {
        const { ref, resourceVersion } = await liveNode(cluster);
        const done = await cluster[how](ref, resourceVersion, taint);
        if (done.kind !== "Conflict" || left === 0) return done;
      }
    };
    const liveNode = async (cluster: Cluster): Promise<NodeFacts> => {
      const found = await cluster.node("sick");
      if (found.kind === "notFound") throw new Error("the node is not there");
      return found.object;
    };
    // Kubernetes' own controllers put taints of theirs on a node that no kubelet speaks for.
    const taintsOf = (node: NodeFacts) =>
      node.taints.filter(
        ({ key }) =>
          !/^node\.(kubernetes|cloudprovider\.kubernetes)\.io\/(not-ready|unreachable|uninitialized)$/.test(key),
      );

    on("adds one taint beside the others, which keep their times, and takes that one back alone", async (under) => {
      await makeNode(under);
      expect(await mark("taintNode", under.cluster, suspect)).toEqual({ kind: "Done" });
      const once = await liveNode(under.cluster);
      const others = [{ ...theirs, timeAdded: Date.parse(theirs.timeAdded) }];
      expect(taintsOf(once)).toEqual([...others, { ...suspect, timeAdded: expect.any(Number) }]);
      expect(once.unschedulable).toBe(false);
      const addedAt = taintsOf(once)[1]?.timeAdded ?? Number.NaN;
      expect(Math.abs(addedAt - (under.cluster.now() ?? Number.NaN))).toBeLessThan(10_000);
      expect(await mark("taintNode", under.cluster, outOfService)).toEqual({ kind: "Done" });
      expect(taintsOf(await liveNode(under.cluster))).toHaveLength(3);
      expect(await mark("untaintNode", under.cluster, suspect)).toEqual({ kind: "Done" });
      const left = await liveNode(under.cluster);
      expect(taintsOf(left)).toEqual([...others, { ...outOfService, timeAdded: expect.any(Number) }]);
    });

    on("is Done where the mark stands already, or is not there, whatever else has changed", async (under) => {
      const node = await makeNode(under);
      expect(await under.cluster.untaintNode(node.ref, node.resourceVersion, suspect)).toEqual({ kind: "Done" });
      expect(await mark("taintNode", under.cluster, suspect)).toEqual({ kind: "Done" });
      const once = await liveNode(under.cluster);
      expect(await under.cluster.taintNode(node.ref, node.resourceVersion, suspect)).toEqual({ kind: "Done" });
      expect(await liveNode(under.cluster)).toEqual({ ...once, resourceVersion: expect.any(String) });
    });

    on("is a Conflict when the node has changed since it was judged", async (under) => {
      const node = await makeNode(under);
      expect(await mark("taintNode", under.cluster, outOfService)).toEqual({ kind: "Done" });
      expect(await under.cluster.taintNode(node.ref, node.resourceVersion, suspect)).toMatchObject({
        kind: "Conflict",
      });
      expect(await under.cluster.untaintNode(node.ref, node.resourceVersion, outOfService)).toMatchObject({
        kind: "Conflict",
      });
      expect(taintsOf(await liveNode(under.cluster))).toHaveLength(2);
    });

    on("is Gone for a node that is not there, and for another uid under the name", async (under) => {
      const node = await makeNode(under);
      const nobody = { ...node.ref, name: "no-such-node" };
      const other = { ...node.ref, uid: strange };
      for (const ref of [nobody, other]) {
        expect(await under.cluster.taintNode(ref, node.resourceVersion, suspect)).toEqual({ kind: "Gone" });
        expect(await under.cluster.untaintNode(ref, node.resourceVersion, suspect)).toEqual({ kind: "Gone" });
      }
      expect(taintsOf(await liveNode(under.cluster))).toHaveLength(1);
    });

    on(
      "asks a node for a task by one annotation, under the same preconditions, and keeps every other one",
      async (under) => {
        const node = await makeNode(under);
        const ask = async (task: string) => {
          for (let left = 5; ; left -= 1) {
            const { ref, resourceVersion } = await liveNode(under.cluster);
            const done = await under.cluster.askNodeTask(ref, resourceVersion, task);
            if (done.kind !== "Conflict" || left === 0) return done;
          }
        };
        expect(await ask("restart-kubelet#a-1")).toEqual({ kind: "Done" });
        const asked = await liveNode(under.cluster);
        expect(asked.annotations).toEqual({ ...node.annotations, "knitbone.io/task": "restart-kubelet#a-1" });
        expect(taintsOf(asked)).toEqual(taintsOf(node));
        // The same again is no write, whatever else has changed; another one of a node that has changed is a Conflict.
        const before = node.resourceVersion;
        expect(await under.cluster.askNodeTask(node.ref, before, "restart-kubelet#a-1")).toEqual({ kind: "Done" });
        expect(await under.cluster.askNodeTask(node.ref, before, "reboot#a-2")).toMatchObject({ kind: "Conflict" });
        const other = { ...node.ref, uid: strange };
        expect(await under.cluster.askNodeTask(other, asked.resourceVersion, "reboot#a-2")).toEqual({ kind: "Gone" });
        expect((await liveNode(under.cluster)).annotations).toEqual(asked.annotations);
        expect(await ask("reboot#a-2")).toEqual({ kind: "Done" });
      },
    );

    on("is Denied where the same taint stands with a value that is not ours", async (under) => {
      const node = await makeNode(under);
      const mine = { key: theirs.key, value: "mine", effect: theirs.effect };
      expect(await under.cluster.taintNode(node.ref, node.resourceVersion, mine)).toMatchObject({ kind: "Denied" });
      expect(await under.cluster.untaintNode(node.ref, node.resourceVersion, mine)).toEqual({ kind: "Done" });
      expect(taintsOf(await liveNode(under.cluster))).toHaveLength(1);
    });

    on("finds a node's Lease, and says notFound where there is none", async (under) => {
      const renewTime = "2026-01-02T03:04:05.678901Z";
      await under.apply("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/sick", {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "sick", namespace: "kube-node-lease" },
        spec: { holderIdentity: "sick", leaseDurationSeconds: 40, renewTime },
      });
      expect(await under.cluster.nodeLease("sick")).toMatchObject({
        kind: "found",
        object: { nodeName: "sick", renewedAt: Date.parse("2026-01-02T03:04:05.678Z"), durationMs: 40_000 },
      });
      expect(await under.cluster.nodeLease("no-such-node")).toEqual({ kind: "notFound" });
    });
  });

  spillContract(on);

  on("writes an Event once, however often it is asked to", async (under) => {
    const pod = await makePod(under, "a");
    const event = {
      regarding: pod.ref,
      type: "Warning",
      reason: "FinalizersHold",
      note: "held",
      action: "Escalate",
      id: "e1",
    } as const;
    expect(await under.cluster.recordEvent(event)).toEqual({ kind: "Done" });
    expect(await under.cluster.recordEvent({ ...event, note: "again" })).toEqual({ kind: "Done" });
    const node = { kind: "Node", namespace: "", name: "no-such-kubelet", uid: "n" };
    expect(await under.cluster.recordEvent({ ...event, regarding: node })).toEqual({ kind: "Done" });
    const elsewhere = { ...event, regarding: { ...pod.ref, namespace: "nowhere" } };
    expect(await under.cluster.recordEvent(elsewhere)).toEqual({ kind: "Gone" });
  });
}
