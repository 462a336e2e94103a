import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { SetFault } from "./fault-table.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { startKubelet } from "./kubelet.ts";
import { type Product, product, tellWhy } from "./product.ts";
import { removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, isRunning, podsOf } from "./workloads.ts";

const minutes = 60_000;
const namespace = "shop";
const image = "registry.example/app:1";
// As containerd 2.1 words it (core/remotes/docker, internal/cri/server/images).
const words = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example/v2/app/manifests/1: 503 Service Unavailable`;

// One node and two pods in each: neither cluster shows enough by itself.
describe("Knitbone, while a registry fails for two clusters", () => {
  let clusters: readonly ControlPlane[];
  let knitbone: Product;
  let faults: readonly SetFault[];

  const incidents = async () => (await knitbone.incidents()).filter(({ kind }) => kind === "registry");
  const told = async () => (await knitbone.actions()).filter(({ healer }) => healer === "dependency-watch");
  const ends = (at: number): ControlPlane => {
    const cluster = clusters[at];
    if (cluster === undefined) throw new Error("unreachable: there are two");
    return cluster;
  };

  beforeAll(async () => {
    clusters = await Promise.all([startControlPlane(), startControlPlane()]);
    const [east, west] = [ends(0), ends(1)];
    const kubeconfig = join(east.folder, "both.kubeconfig");
    writeKubeconfig(kubeconfig, [east.context("east", "knitbone"), west.context("west", "knitbone")]);
    knitbone = product({ kubeconfig, contexts: ["east", "west"], mode: "act", folder: east.folder });
    east.beforeStop(() => knitbone.stop());
    faults = await Promise.all(
      clusters.map(async (cluster) => {
        const kubelet = await startKubelet(cluster, { node: "n1" });
        await createNamespace(cluster, namespace);
        return kubelet.faults.add({ operation: "PullImage", match: { namespace }, answer: { error: words } });
      }),
    );
    await knitbone.start();
  }, 5 * minutes);
  afterAll(async () => {
    // The product first, which the eastern one ends.
    for (const cluster of clusters ?? []) await cluster.stop();
  });

  test("two pods of one node are no incident, those of both clusters are one, of all clusters, told once (S0-32)", async () => {
    tellWhy(knitbone);
    await createDeployment(ends(0), namespace, "web", { image }, 2);
    await never("the east alone opened an incident", 40_000, async () => {
      const opened = await incidents();
      return opened.length === 0 ? undefined : JSON.stringify(opened);
    });
    await createDeployment(ends(1), namespace, "web", { image }, 2);
    const opened = await eventually("the incident to count all four", 3 * minutes, async () => {
      const [only, ...others] = await incidents();
      return others.length === 0 && only?.members === 4 ? only : undefined;
    });
    expect(opened).toMatchObject({
      cluster: "*",
      kind: "registry",
      key: "registry.example",
      reason: "RegistryFailing",
    });
    expect(await told()).toMatchObject([{ cluster: "*", reason: "IncidentOpened", outcome: { kind: "Done" } }]);
  });

  test("nothing is written in either while it is open", async () => {
    tellWhy(knitbone);
    const written = () => clusters.flatMap(({ audit }) => writesIn(audit, namespace));
    await never("the product wrote something", 30_000, async () =>
      written().length === 0 ? undefined : JSON.stringify(written()),
    );
  });

  test("it closes by itself once the registry is back for both: repaired, told once", async () => {
    tellWhy(knitbone);
    for (const fault of faults) await fault.clear();
    for (const cluster of clusters) {
      await eventually("all of them to run", 5 * minutes, async () => {
        const all = await podsOf(cluster, namespace, "web");
        return all.length === 2 && all.every(isRunning) ? all : undefined;
      });
    }
    const closed = await eventually("the incident to close", 3 * minutes, async () =>
      (await incidents()).find(({ closedAt }) => closedAt !== undefined),
    );
    expect(closed).toMatchObject({ cluster: "*", closedBecause: "Repaired" });
    expect((await told()).map(({ cluster, reason }) => `${cluster} ${reason}`).toSorted()).toEqual([
      "* IncidentClosed",
      "* IncidentOpened",
    ]);
    expect(await incidents()).toHaveLength(1);
    expect(clusters.flatMap(({ audit }) => removedByProduct(audit, namespace))).toEqual([]);
  });
});
