import { describe, expect } from "vitest";
import type { Cluster } from "../../shared/cluster/cluster.ts";
import type { Outcome } from "../../shared/heal/heal.ts";
import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import type { ClusterUnderTest } from "./cluster.contract.ts";

const namespace = "shop";
const label = "eks.amazonaws.com/nodegroup";
const strange = "00000000-0000-4000-8000-000000000000";
const order = { name: "web-spill", replicas: 1, pool: { label, value: "b" } };
const pathOf = (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

function deploymentBody(name: string, labels: Readonly<Record<string, string>>, spec: object = {}) {
  const template = {
    metadata: { labels },
    spec: { nodeSelector: { [label]: "a" }, containers: [{ name: "main", image: "i" }] },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels, annotations: { "knitbone.io/spill": "other-pool" } },
    spec: { replicas: 2, selector: { matchLabels: labels }, template, ...spec },
  };
}

async function live(cluster: Cluster, name: string): Promise<DeploymentFacts> {
  const found = await cluster.deployment(namespace, name);
  if (found.kind === "notFound") throw new Error(`Deployment ${name} is not there`);
  return found.object;
}

/** What spilling relies on, whichever API server answers. */
export function spillContract(on: (name: string, story: (it: ClusterUnderTest) => Promise<void>) => void): void {
  const makeOriginal = async (under: ClusterUnderTest) => {
    await under.apply(pathOf("web"), deploymentBody("web", { app: "web" }));
    await under.settle();
    return live(under.cluster, "web");
  };
  /** As it is now: the Deployment's controller writes to its status whenever it likes, and a Conflict only means another look. */
  const untilJudged = async (write: (under: Cluster) => Promise<Outcome>, cluster: Cluster): Promise<Outcome> => {
    for (let left = 5; ; left -= 1) {
      const outcome = await write(cluster);
      if (outcome.kind !== "Conflict" || left === 0) return outcome;
    }
  };
  const create = (cluster: Cluster, how = order) =>
    untilJudged(async () => {
      const { ref, resourceVersion } = await live(cluster, "web");
      return cluster.createSpill(ref, resourceVersion, how);
    }, cluster);
  const makeSpill = async (under: ClusterUnderTest) => {
    await makeOriginal(under);
    expect(await create(under.cluster)).toEqual({ kind: "Done" });
    await under.settle();
    return live(under.cluster, "web-spill");
  };

  describe("spilling", () => {
    on("reads a Deployment with its template and its rollout", async (under) => {
      const original = await makeOriginal(under);
      expect(original).toMatchObject({
        ref: { kind: "Deployment", namespace, name: "web" },
        annotations: { "knitbone.io/spill": "other-pool" },
        strategy: "RollingUpdate",
        replicas: 2,
        generation: 1,
        paused: false,
        rollingOut: false,
        template: { nodeSelector: { [label]: "a" }, bindings: [] },
      });
      expect(original).not.toHaveProperty("spill");
      expect(await under.cluster.deployment(namespace, "nobody")).toEqual({ kind: "notFound" });
    });

    on("finds the autoscalers of one Deployment", async (under) => {
      const original = await makeOriginal(under);
      const scaler = (name: string, target: object) =>
        under.apply(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`, {
          apiVersion: "autoscaling/v2",
          kind: "HorizontalPodAutoscaler",
          metadata: { name, namespace },
          spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: "apps/v1", ...target } },
        });
      expect(await under.cluster.autoscalersOf(original.ref)).toEqual([]);
      await scaler("of-web", { kind: "Deployment", name: "web" });
      await scaler("of-another", { kind: "Deployment", name: "other" });
      await scaler("of-a-set", { kind: "StatefulSet", name: "web" });
      const found = await under.cluster.autoscalersOf(original.ref);
      expect(found.map(({ ref }) => [ref.kind, ref.name])).toEqual([["HorizontalPodAutoscaler", "of-web"]]);
    });

    on("makes a second Deployment of the first's template, and leaves the first as it is", async (under) => {
      const before = await makeOriginal(under);
      expect(await create(under.cluster)).toEqual({ kind: "Done" });
      await under.settle();
      const spill = await live(under.cluster, "web-spill");
      const original = await live(under.cluster, "web");
      expect(spill).toMatchObject({
        labels: { app: "web", "knitbone.io/spill": original.ref.uid },
        annotations: {},
        replicas: 1,
        template: { nodeSelector: { [label]: "b" }, bindings: [] },
        spill: { of: original.ref.uid, pool: "b", template: original.template.digest, generation: 1 },
      });
      // Not controlled by it: `owner` is the managing controller.
      expect(spill).not.toHaveProperty("owner");
      expect({ ...original, resourceVersion: before.resourceVersion }).toEqual({
        ...before,
        annotations: original.annotations,
      });
    });

    on("its pods are its own: the original keeps as many as before", async (under) => {
      const { ref } = await makeSpill(under);
      const original = await live(under.cluster, "web");
      const sets = await under.cluster.metadata("ReplicaSet", namespace);
      const pods = await under.cluster.pods({ namespace });
      const count = (uid: string) => {
        const own = new Set(sets.filter(({ owner }) => owner?.uid === uid).map((each) => each.ref.uid));
        return pods.filter(({ owner }) => own.has(owner?.uid ?? "")).map(({ labels }) => labels["knitbone.io/spill"]);
      };
      expect(count(original.ref.uid)).toEqual([undefined, undefined]);
      expect(count(ref.uid)).toEqual([original.ref.uid]);
    });

    on("its generation stays that of our last write, whatever its controller does", async (under) => {
      const spill = await makeSpill(under);
      expect(spill.generation).toBe(1);
      const scale = (replicas: number) =>
        untilJudged(async (cluster) => {
          const { ref, resourceVersion, generation } = await live(cluster, "web-spill");
          return cluster.scaleSpill(ref, resourceVersion, generation, replicas);
        }, under.cluster);
      expect(await scale(2)).toEqual({ kind: "Done" });
      await under.settle();
      expect(await live(under.cluster, "web-spill")).toMatchObject({
        replicas: 2,
        generation: 2,
        spill: { generation: 2 },
      });
      expect(await scale(1)).toEqual({ kind: "Done" });
      await under.settle();
      expect(await live(under.cluster, "web-spill")).toMatchObject({
        replicas: 1,
        generation: 3,
        spill: { generation: 3 },
      });
    });

    on(
      "a repeat is Done where the very spill stands, and a Conflict where anything else has the name",
      async (under) => {
        await makeSpill(under);
        expect(await create(under.cluster)).toEqual({ kind: "Done" });
        expect(await create(under.cluster, { ...order, replicas: 2 })).toMatchObject({ kind: "Conflict" });
        await under.apply(pathOf("theirs"), deploymentBody("theirs", { app: "theirs" }));
        expect(await create(under.cluster, { ...order, name: "theirs" })).toMatchObject({ kind: "Conflict" });
        expect(await live(under.cluster, "theirs")).toMatchObject({ replicas: 2, labels: { app: "theirs" } });
      },
    );

    on("is not made of another uid, of a version that was not judged, or of nothing", async (under) => {
      const { ref, resourceVersion } = await makeOriginal(under);
      const { cluster } = under;
      expect(await cluster.createSpill({ ...ref, uid: strange }, resourceVersion, order)).toEqual({ kind: "Gone" });
      expect(await cluster.createSpill({ ...ref, name: "nobody" }, resourceVersion, order)).toEqual({ kind: "Gone" });
      expect(await cluster.createSpill(ref, "1", order)).toMatchObject({ kind: "Conflict" });
      expect(await cluster.deployment(namespace, "web-spill")).toEqual({ kind: "notFound" });
    });

    on("is changed only as the object and the version that were judged", async (under) => {
      const { ref, generation } = await makeSpill(under);
      const { cluster } = under;
      const { resourceVersion } = await live(cluster, "web-spill");
      const other = { ...ref, uid: strange };
      expect(await cluster.scaleSpill(other, resourceVersion, generation, 2)).toEqual({ kind: "Gone" });
      expect(await cluster.removeSpill(other, resourceVersion)).toEqual({ kind: "Gone" });
      expect(await cluster.scaleSpill(ref, "1", generation, 2)).toMatchObject({ kind: "Conflict" });
      expect(await cluster.removeSpill(ref, "1")).toMatchObject({ kind: "Conflict" });
      expect(await live(cluster, "web-spill")).toMatchObject({ replicas: 1, generation: 1 });
    });

    on("goes with its pods when it is removed, and with its original", async (under) => {
      const podsOfSpills = async () =>
        (await under.cluster.pods({ namespace })).filter(
          ({ labels, deletionTimestamp }) =>
            labels["knitbone.io/spill"] !== undefined && deletionTimestamp === undefined,
        );
      await makeSpill(under);
      expect(await podsOfSpills()).toHaveLength(1);
      const removed = await untilJudged(async (cluster) => {
        const { ref, resourceVersion } = await live(cluster, "web-spill");
        return cluster.removeSpill(ref, resourceVersion);
      }, under.cluster);
      expect(removed).toEqual({ kind: "Done" });
      for (let left = 5; left > 0 && (await podsOfSpills()).length > 0; left -= 1) await under.settle();
      expect(await podsOfSpills()).toEqual([]);
      expect(await under.cluster.deployment(namespace, "web-spill")).toEqual({ kind: "notFound" });

      expect(await create(under.cluster)).toEqual({ kind: "Done" });
      await under.settle();
      await under.remove(pathOf("web"));
      const isThere = async () => (await under.cluster.deployment(namespace, "web-spill")).kind === "found";
      for (let left = 5; left > 0 && (await isThere()); left -= 1) await under.settle();
      expect(await isThere()).toBe(false);
    });
  });
}
