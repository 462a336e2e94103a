import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { SetFault } from "./fault-table.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type IncidentRow, type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, deletePod, isRunning, podsOf } from "./workloads.ts";

const minutes = 60_000;
const nodes = ["n1", "n2", "n3"];
const namespace = "shop";
const image = "registry.example/app:1";
// As containerd 2.1 words it (core/remotes/docker, internal/cri/server/images).
const words = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example/v2/app/manifests/1: 503 Service Unavailable`;

describe("Knitbone, while a registry fails for three nodes (S0-32)", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let faults: readonly SetFault[];
  const kubelets = new Map<string, Kubelet>();

  const pods = () => podsOf(cluster, namespace, "web");
  const incident = async (): Promise<IncidentRow | undefined> => {
    const [only, ...others] = (await knitbone.incidents()).filter(({ kind }) => kind === "registry");
    if (others.length > 0) throw new Error(`${others.length + 1} incidents: ${JSON.stringify([only, ...others])}`);
    return only;
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-12", "act");
    await Promise.all(nodes.map(async (node) => kubelets.set(node, await startKubelet(cluster, { node }))));
    await knitbone.start();
    await createNamespace(cluster, namespace);
    faults = await Promise.all(
      [...kubelets.values()].map(({ faults: table }) =>
        table.add({ operation: "PullImage", match: { namespace }, answer: { error: words } }),
      ),
    );
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("it becomes one incident, told once", async () => {
    tellWhy(knitbone);
    await createDeployment(cluster, namespace, "web", { image }, 6);
    const opened = await eventually("the incident to open", 2 * minutes, incident);
    expect(opened).toMatchObject({
      cluster: "real-12",
      kind: "registry",
      key: "registry.example",
      reason: "RegistryFailing",
    });
    await eventually("all six pods to count", minutes, async () =>
      (await incident())?.members === 6 ? true : undefined,
    );
    const told = (await knitbone.actions()).filter(({ healer }) => healer === "dependency-watch");
    expect(told).toMatchObject([{ reason: "IncidentOpened", mode: "act", outcome: { kind: "Done" } }]);
    expect(new Set((await pods()).map(({ spec }) => spec.nodeName)).size).toBeGreaterThanOrEqual(2);
  });

  test("while it is open another healer holds what it explains: a pod that its frozen kubelet does not end (S0-06, X-12)", async () => {
    tellWhy(knitbone);
    const held = (await pods()).find(({ spec }) => spec.nodeName === "n3") ?? (await pods())[0];
    if (held === undefined) throw new Error("unreachable: there are six");
    const kubelet = kubelets.get(held.spec.nodeName);
    kubelet?.freeze();
    await deletePod(cluster, held);
    await eventually("terminating-reaper to hold it", minutes, async () => {
      const cases = await knitbone.cases();
      return cases.find(({ healer, object, reason }) => {
        return healer === "terminating-reaper" && object.uid === held.metadata.uid && reason === "IncidentOpen";
      });
    });
    await never("the product wrote something there", 20_000, async () => {
      const writes = writesIn(cluster.audit, namespace);
      return writes.length === 0 ? undefined : JSON.stringify(writes);
    });
    kubelet?.thaw();
  });

  test("once the registry is back all pods run, and it closes by itself: repaired", async () => {
    tellWhy(knitbone);
    for (const fault of faults) await fault.clear();
    await eventually("all of them to run", 5 * minutes, async () => {
      const all = await pods();
      return all.length === 6 && all.every(isRunning) ? all : undefined;
    });
    // It may close before the last pod runs, which its kubelet lets wait the longest: what one node alone shows keeps no incident open.
    const closed = await eventually("the incident to close", 3 * minutes, async () => {
      const found = await incident();
      return found?.closedAt === undefined ? undefined : found;
    });
    expect(closed).toMatchObject({ closedBecause: "Repaired" });
    const told = (await knitbone.actions()).filter(({ healer }) => healer === "dependency-watch");
    expect(told.map(({ reason }) => reason).sort()).toEqual(["IncidentClosed", "IncidentOpened"]);
    expect(removedByProduct(cluster.audit, namespace)).toEqual([]);
    expectExplainableWrites(cluster.audit);
  });
});
