import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, product } from "./product.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, deletePod, runningPods } from "./workloads.ts";

const minutes = 60_000;
const namespace = "shop";
const failing = ["a", "b", "c"];
const steady = ["d", "e"];

describe("Knitbone, while three nodes of five are silent", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let kubelets: readonly Kubelet[];
  let pods: readonly ApiObject[];

  const tellWhy = () => {
    onTestFailed(() => {
      process.stderr.write(`${knitbone.tail()}\n`);
    });
  };

  beforeAll(async () => {
    cluster = await startControlPlane({ nodeMonitorGracePeriod: "20s" });
    knitbone = product({
      kubeconfig: cluster.kubeconfig("real-4", "knitbone"),
      contexts: ["real-4"],
      mode: "act",
      folder: cluster.folder,
    });
    cluster.beforeStop(() => knitbone.stop());
    const started = [...failing, ...steady].map((node) => startKubelet(cluster, { node, labels: { node } }));
    kubelets = (await Promise.all(started)).slice(0, failing.length);
    await createNamespace(cluster, namespace);
    await Promise.all([
      knitbone.start(),
      ...failing.map((node) => createDeployment(cluster, namespace, `on-${node}`, { nodeSelector: { node } })),
    ]);
    pods = (await Promise.all(failing.map((node) => runningPods(cluster, namespace, `on-${node}`, 1)))).flat();
  }, 3 * minutes);
  afterAll(() => cluster?.stop());

  test("nothing at all is written about pods that each alone would be force-deleted, and the cases name the brake (S2-02)", async () => {
    tellWhy();
    for (const kubelet of kubelets) kubelet.freeze();
    await eventually("the brake to freeze", 2 * minutes, async () => {
      const [row] = await knitbone.clusters();
      return row?.brake?.state === "frozen" || undefined;
    });
    await Promise.all(pods.map((pod) => deletePod(cluster, pod)));
    await eventually("a case of each pod, held by the brake", minutes, async () => {
      const held = (await knitbone.cases()).filter(({ reason, mode }) => reason === "StormBrake" && mode === "act");
      return pods.every(({ metadata }) => held.some(({ object }) => object.uid === metadata.uid)) || undefined;
    });
    // Past the lab's margin of six seconds, and through several resyncs of three.
    await never("something was written under the storm brake", 15_000, async () => {
      const written = cluster.audit.productWrites();
      return written.length === 0 ? undefined : JSON.stringify(written);
    });
    for (const { metadata } of pods) {
      const left = await cluster.api.get(`/api/v1/namespaces/${namespace}/pods/${metadata.name}`);
      expect(left.metadata.uid).toBe(metadata.uid);
    }
  });
});
