import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, removedByProduct, warningsAbout } from "./product-record.ts";
import { eventually } from "./wait.ts";
import { createDeployment, createNamespace, createReplicaSet, isRunning, podsOf, runningPods } from "./workloads.ts";

const minutes = 60_000;
/** The round is put off by a minute until the forwarder has reported; then three looks, 45 s apart. */
const withinMs = 6 * minutes;

// A cluster whose garbage collector does not run: what was deleted leaves everything below it behind (S0-10).
describe("Knitbone, in a cluster without a garbage collector", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let reported: ApiObject;
  let unwanted: ApiObject;
  let replicaSet: ApiObject;
  let underReplicaSet: ApiObject;

  const onlyPod = async (namespace: string, app: string): Promise<ApiObject> => {
    const [pod] = await runningPods(cluster, namespace, app, 1);
    if (pod === undefined) throw new Error("unreachable: runningPods answered one");
    return pod;
  };
  const makeOrphan = async (namespace: string): Promise<ApiObject> => {
    await createReplicaSet(cluster, namespace, "stray", 1, {});
    const pod = await onlyPod(namespace, "stray");
    await cluster.api.delete(`/apis/apps/v1/namespaces/${namespace}/replicasets/stray`);
    return pod;
  };

  beforeAll(async () => {
    cluster = await startControlPlane({ without: ["garbage-collector-controller"] });
    await startKubelet(cluster, { node: "one" });
    await Promise.all(["reported", "wished", "above"].map((name) => createNamespace(cluster, name)));
    await cluster.api.patch("/api/v1/namespaces/wished", "merge", {
      metadata: { labels: { "knitbone.io/orphans": "delete" } },
    });
    [reported, unwanted] = await Promise.all([makeOrphan("reported"), makeOrphan("wished")]);
    await createDeployment(cluster, "above", "web", {});
    underReplicaSet = await onlyPod("above", "web");
    await cluster.api.delete("/apis/apps/v1/namespaces/above/deployments/web");
    const [made] = await cluster.api.list("/apis/apps/v1/namespaces/above/replicasets");
    if (made === undefined) throw new Error("unreachable: the Deployment had a ReplicaSet");
    replicaSet = made;
    knitbone = productOn(cluster, "real-7", "act");
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("an orphan whose namespace asks for it is evicted, with its uid, and ends in its own time (S0-10)", async () => {
    tellWhy(knitbone);
    const [removal] = await eventually("the orphan to be evicted", withinMs, () => {
      const removals = removedByProduct(cluster.audit, "wished");
      return removals.length > 0 ? removals : undefined;
    });
    expect(removal).toMatchObject({ by: "eviction", preconditionUid: unwanted.metadata.uid });
    expect(removal?.gracePeriodSeconds).toBeUndefined();
    await eventually("it to be gone", minutes, async () =>
      (await podsOf(cluster, "wished", "stray")).length === 0 ? true : undefined,
    );
    const healed = await eventually("its case to close as healed", 2 * minutes, async () =>
      (await knitbone.cases()).find(({ object, state }) => object.uid === unwanted.metadata.uid && state === "closed"),
    );
    expect(healed).toMatchObject({ healer: "orphan-sweeper" });
  });

  test("one whose namespace asks for nothing is told of, once, and runs on", async () => {
    tellWhy(knitbone);
    await eventually("a warning about the orphan", withinMs, () => warningsAbout(cluster.audit, reported)[0]);
    expect(warningsAbout(cluster.audit, reported).map(({ requestObject }) => requestObject.reason)).toEqual([
      "OwnerGone",
    ]);
    const [still] = await podsOf(cluster, "reported", "stray");
    expect(still?.metadata).toMatchObject({ uid: reported.metadata.uid });
    expect(still !== undefined && isRunning(still)).toBe(true);
  });

  test("of a ReplicaSet whose Deployment is gone people hear, and its pods stay", async () => {
    tellWhy(knitbone);
    await eventually("a warning about the ReplicaSet", withinMs, () => warningsAbout(cluster.audit, replicaSet)[0]);
    const [still] = await podsOf(cluster, "above", "web");
    expect(still?.metadata.uid).toBe(underReplicaSet.metadata.uid);
    expect(removedByProduct(cluster.audit, "above")).toEqual([]);
  });

  test("three looks went before each, 40 s apart at least, and every write is explained", () => {
    for (const { metadata } of [reported, unwanted]) {
      const looks = cluster.audit
        .records()
        .filter(({ verb, object, userAgent, status }) => {
          const isPod =
            object.resource === "replicasets" && object.name === "stray" && object.namespace === metadata.namespace;
          return verb === "get" && isPod && userAgent.includes("orphan-sweeper") && status === 404;
        })
        .map(({ receivedAt }) => receivedAt);
      const [first, third] = [looks[0], looks[2]];
      expect(looks.length).toBeGreaterThanOrEqual(3);
      expect((third ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(80_000);
    }
    expectExplainableWrites(cluster.audit);
  });
});
