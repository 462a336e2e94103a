import { afterAll, beforeAll, describe, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, spillWritesIn } from "./product-record.ts";
import { eventually } from "./wait.ts";
import { createDeployment, createNamespace, isRunning, podsOf, runningPods } from "./workloads.ts";

const minutes = 60_000;
const poolLabel = "eks.amazonaws.com/nodegroup";
const inPool = (pool: string) => ({ nodeSelector: { [poolLabel]: pool } });

interface Counted {
  /** Node → how many run and are ready there. */
  readonly running: Readonly<Record<string, number>>;
  readonly waiting: number;
}

function counted(pods: readonly ApiObject[]): Counted {
  const standing = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const running: Record<string, number> = {};
  for (const { spec } of standing.filter(isRunning)) running[spec.nodeName] = (running[spec.nodeName] ?? 0) + 1;
  return { running, waiting: standing.filter((pod) => pod.spec.nodeName === undefined).length };
}

// Real scheduler, real kubelets: a1 and c1 are small pools of one node each, b1 is a roomy one.
describe("Knitbone, beside a workload that finds no room in its own pool", () => {
  let cluster: ControlPlane;
  let knitbone: Product;

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-11", "act");
    await Promise.all([
      startKubelet(cluster, { node: "a1", maxPods: 3, labels: { [poolLabel]: "a" } }),
      startKubelet(cluster, { node: "b1", maxPods: 20, labels: { [poolLabel]: "b" } }),
      startKubelet(cluster, { node: "c1", maxPods: 1, labels: { [poolLabel]: "c" } }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  const deploymentPath = (namespace: string, name: string) =>
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const counts = async (namespace: string, until: (now: Counted) => boolean) => {
    let seen: Counted | undefined;
    return eventually(
      `the replicas of ${namespace}/web`,
      3 * minutes,
      async () => {
        seen = counted(await podsOf(cluster, namespace, "web"));
        return until(seen) ? seen : undefined;
      },
      () => JSON.stringify(seen),
    );
  };
  /** Asks for it once the pods that find room have found it. */
  const ask = (namespace: string) =>
    cluster.api.patch(deploymentPath(namespace, "web"), "merge", {
      metadata: { annotations: { "knitbone.io/spill": "other-pool" } },
    });

  test("it runs in another pool until its own has room again: replicas before, during and after (S0-02, S0-12, S0-13, X-16, X-17)", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const namespace = "spill";
    await createNamespace(cluster, namespace);
    await createDeployment(cluster, namespace, "filler", inPool("a"));
    await runningPods(cluster, namespace, "filler", 1);
    await createDeployment(cluster, namespace, "web", inPool("a"), 3);
    const before = await counts(namespace, ({ running, waiting }) => running["a1"] === 2 && waiting === 1);
    expect(before).toEqual({ running: { a1: 2 }, waiting: 1 });
    await ask(namespace);

    const during = await counts(namespace, ({ running }) => running["b1"] === 1);
    expect(during).toEqual({ running: { a1: 2, b1: 1 }, waiting: 1 });
    const original = await cluster.api.get(deploymentPath(namespace, "web"));
    const spill = await cluster.api.get(deploymentPath(namespace, "web-spill"));
    expect(original.spec.replicas).toBe(3);
    expect(spill.metadata.ownerReferences).toEqual([
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: original.metadata.uid },
    ]);
    expect(spill.spec.replicas).toBe(1);

    await cluster.api.delete(deploymentPath(namespace, "filler"));
    const after = await counts(namespace, ({ running }) => running["a1"] === 3 && running["b1"] === undefined);
    expect(after).toEqual({ running: { a1: 3 }, waiting: 0 });
    expect(await cluster.api.find(deploymentPath(namespace, "web-spill"))).toBeUndefined();
    await eventually("both actions to be told", minutes, async () => {
      const actions = (await knitbone.actions()).filter(({ object }) => object.namespace === namespace);
      const done = actions.filter(({ outcome }) => outcome?.kind === "Done").map(({ heal }) => heal.kind);
      return done.includes("CreateSpill") && done.includes("RemoveSpill") ? done : undefined;
    });
    expect(spillWritesIn(cluster.audit, namespace).map(({ verb }) => verb)).toEqual(["create", "delete"]);
    expectExplainableWrites(cluster.audit);
  });

  test("deleted in the middle, it takes its spill with it, pods and all", async ({ expect }) => {
    tellWhy(knitbone);
    const namespace = "spill-gone";
    await createNamespace(cluster, namespace);
    await createDeployment(cluster, namespace, "web", inPool("c"), 2);
    await ask(namespace);
    await counts(namespace, ({ running }) => running["b1"] === 1 && running["c1"] === 1);
    await cluster.api.delete(deploymentPath(namespace, "web"));
    await eventually("all pods to be gone", 2 * minutes, async () =>
      (await podsOf(cluster, namespace, "web")).length === 0 ? "gone" : undefined,
    );
    expect(await cluster.api.list(`/apis/apps/v1/namespaces/${namespace}/deployments`)).toEqual([]);
    expect(spillWritesIn(cluster.audit, namespace).map(({ verb }) => verb)).toEqual(["create"]);
    expectExplainableWrites(cluster.audit);
  });
});
