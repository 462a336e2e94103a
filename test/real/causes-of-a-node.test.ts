import { afterAll, beforeAll, describe, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type NodeStory, storiesOfNodes } from "./causes/of-a-node.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct } from "./product-record.ts";
import { eventually } from "./wait.ts";
import { cordon, createDeployment, createNamespace, isRunning, podsOf } from "./workloads.ts";

const minutes = 60_000;

interface Pair {
  readonly sick: string;
  readonly spare: string;
  readonly stories: readonly NodeStory[];
}
const pairs: readonly Pair[] = storiesOfNodes.map((stories, index) => ({
  sick: `sick-${index}`,
  spare: `spare-${index}`,
  stories,
}));

// Pods of several owners cannot start on one node, each for a reason of its own; on others such pods run.
describe("Knitbone, beside causes that are a node's", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();
  const stuck = new Map<string, ApiObject>();

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-21", "act");
    await Promise.all(
      pairs.flatMap(({ sick, spare }, pair) =>
        [sick, spare].map(async (node) =>
          kubelets.set(node, await startKubelet(cluster, { node, labels: { pair: `${pair}` } })),
        ),
      ),
    );
    await knitbone.start();
    await Promise.all(
      pairs.map(async ({ sick, spare, stories }, pair) => {
        await cordon(cluster, spare, true);
        await Promise.all(
          stories.map(async ({ name, image, strike }) => {
            await createNamespace(cluster, name);
            await strike(kubelets.get(sick) as Kubelet, name);
            const placement = { nodeSelector: { pair: `${pair}` }, ...(image === undefined ? {} : { image }) };
            await createDeployment(cluster, name, "web", placement, 1);
            const [pod] = await eventually(`a pod of ${name} on ${sick}`, minutes, async () => {
              const pods = await podsOf(cluster, name, "web");
              return pods[0]?.spec.nodeName === sick ? pods : undefined;
            });
            stuck.set(name, pod as ApiObject);
          }),
        );
        await cordon(cluster, spare, false);
      }),
    );
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  describe.concurrent.for(pairs)("on $sick", ({ sick, spare, stories }) => {
    test.for(stories)(
      "$cause ($name): the node is marked, and the pod that never ran is made elsewhere",
      async ({ name, cause }, { expect }) => {
        tellWhy(knitbone);
        let seen: readonly ApiObject[] = [];
        const [replaced] = await eventually(
          "its replacement to run",
          6 * minutes,
          async () => {
            seen = await podsOf(cluster, name, "web");
            return seen.length === 1 && seen.every(isRunning) ? seen : undefined;
          },
          () => JSON.stringify(seen.map(({ spec, status }) => ({ node: spec.nodeName, ...status }))),
          1_000,
        );
        expect(replaced?.spec.nodeName).toBe(spare);
        expect(removedByProduct(cluster.audit, name)).toMatchObject([
          { by: "eviction", preconditionUid: stuck.get(name)?.metadata.uid },
        ]);
        const own = (await knitbone.cases()).filter(
          ({ object, healer }) => object.uid === stuck.get(name)?.metadata.uid && healer === "pending-rescheduler",
        );
        expect(own).toHaveLength(1);
        const actions = (await knitbone.actions()).filter(({ object }) => object.uid === stuck.get(name)?.metadata.uid);
        expect(actions).toMatchObject([{ heal: { kind: "EvictStuckPod" }, reason: "StuckOnSuspectNode" }]);
        const marks = marksByProduct(cluster.audit).filter(({ node }) => node === sick);
        expect(marks[0]?.taints, `${sick}, for ${cause}`).toEqual(["knitbone.io/suspect:NoSchedule"]);
      },
    );
  });

  test("nothing else was written: no node but the sick ones is marked, and each write has its reasons", async ({
    expect,
  }) => {
    expectExplainableWrites(cluster.audit);
    expect([...new Set(marksByProduct(cluster.audit).map(({ node }) => node))].sort()).toEqual(
      pairs.map(({ sick }) => sick),
    );
    expect(stuck.size).toBe(storiesOfNodes.flat().length);
  });
});
