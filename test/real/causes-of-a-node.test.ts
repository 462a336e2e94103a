import { afterAll, beforeAll, describe, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type NodeStory, storiesOfNodes } from "./causes/of-a-node.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { innerTexts } from "./fixtures/inner-texts.ts";
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
const well = "well";
const pairs: readonly Pair[] = storiesOfNodes.map((stories, index) => ({
  sick: `sick-${index}`,
  spare: `spare-${index}`,
  stories,
}));

// Pods of several owners cannot start on one node, each for a reason of its own; on others such pods run.
describe("Knitbone, beside causes that are a node's (S0-19, S0-20, S0-28, S0-29, S0-35, S0-42, S0-43, S0-81, S0-82, S0-90, S0-91, S0-92)", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();
  const stuck = new Map<string, ApiObject>();

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-21", "act");
    const start = async (node: string, pair: string) =>
      kubelets.set(node, await startKubelet(cluster, { node, labels: { pair } }));
    await Promise.all([
      start(well, well),
      ...pairs.flatMap(({ sick, spare }, pair) => [sick, spare].map((node) => start(node, `${pair}`))),
    ]);
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

  test("SandboxGone (sandbox-gone): a new pod is the remedy, wherever it lands", async ({ expect }) => {
    tellWhy(knitbone);
    const namespace = "sandbox-gone";
    await createNamespace(cluster, namespace);
    const { faults } = kubelets.get(well) as Kubelet;
    const answer = { error: innerTexts.sandboxNamespaceGone.text };
    const ofAll = await faults.add({ operation: "StartContainer", match: { namespace }, answer });
    await createDeployment(cluster, namespace, "web", { nodeSelector: { pair: well } }, 1);
    const [failing] = await eventually("its pod", minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      return pods.length > 0 ? pods : undefined;
    });
    // Of this pod's sandbox alone: the next one gets its own.
    await faults.add({ operation: "StartContainer", match: { namespace, pod: failing?.metadata.name ?? "" }, answer });
    await ofAll.clear();
    const [replaced] = await eventually("its replacement to run", 3 * minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      return pods.length === 1 && pods.every(isRunning) ? pods : undefined;
    });
    expect(replaced?.metadata.uid).not.toBe(failing?.metadata.uid);
    expect(removedByProduct(cluster.audit, namespace)).toMatchObject([
      { by: "eviction", preconditionUid: failing?.metadata.uid },
    ]);
    const actions = (await knitbone.actions()).filter(({ object }) => object.uid === failing?.metadata.uid);
    expect(actions).toMatchObject([{ heal: { kind: "EvictStuckPod" }, reason: "SandboxGone" }]);
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
