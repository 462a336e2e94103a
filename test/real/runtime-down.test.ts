import { afterAll, beforeAll, describe, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { PodMatch } from "./fault-table.ts";
import { type FrozenNode, stageFrozenNode } from "./frozen-node.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, deletePod, podsOf, readyCondition, runningPods } from "./workloads.ts";

const minutes = 60_000;

/** Resolves once nobody has asked the runtime for these containers for a while: what their start gave the kubelet to look at is over. */
async function unasked({ faults }: Kubelet, match: PodMatch): Promise<void> {
  const counter = await faults.add({ operation: "ContainerStatus", match, answer: { delayMs: 1 } });
  let before = -1;
  await eventually(
    "the kubelet to have looked at what has begun",
    minutes,
    async () => {
      const asked = await counter.applied();
      const isQuiet = asked === before;
      before = asked;
      return isQuiet || undefined;
    },
    () => `asked for ${before} times`,
    5_000,
  );
  await counter.clear();
}

// Nodes are marked, and nothing wrong is done: what no other node can take is not moved (`drain.test.ts` has one whose pods can be). At most two of six are
// NotReady at a time.
describe.concurrent("Knitbone, beside runtimes that are down or hang", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let down: Kubelet;
  let hung: Kubelet;
  let vanishing: FrozenNode;

  const becomesReady = (node: string, status: "True" | "False", withinMs: number) =>
    eventually(`node ${node} to be Ready=${status}`, withinMs, async () => {
      const condition = await readyCondition(cluster, node);
      return condition?.status === status ? condition : undefined;
    });
  const untouched = (namespace: string) => async () => {
    const writes = writesIn(cluster.audit, namespace);
    return writes.length === 0 ? undefined : JSON.stringify(writes);
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-9", "act");
    [down, hung, vanishing] = await Promise.all([
      startKubelet(cluster, { node: "down", labels: { pool: "down" } }),
      startKubelet(cluster, { node: "hung", labels: { pool: "hung" } }),
      stageFrozenNode(cluster, "vanishes"),
      startKubelet(cluster, { node: "spare-1" }),
      startKubelet(cluster, { node: "spare-2" }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("the runtime is down (S0-03, S0-20, S3-02, 07), also after the kubelet was restarted: the node is NotReady, nobody is deleted, and all of it comes back", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    await createNamespace(cluster, "down");
    await createDeployment(cluster, "down", "web", { nodeSelector: { pool: "down" } });
    const [pod] = await runningPods(cluster, "down", "web", 1);
    await down.faults.add({
      operation: "Status",
      answer: {
        error: 'connection error: desc = "transport: Error while dialing: dial unix containerd.sock"',
        code: "Unavailable",
      },
    });
    expect(await becomesReady("down", "False", 2 * minutes)).toMatchObject({
      reason: "KubeletNotReady",
      message: expect.stringContaining("container runtime is down"),
    });
    // What people try first; it does not help (S3-01).
    await down.restart();
    await never("the node came back, or its pods were touched", 45_000, async () => {
      const condition = await readyCondition(cluster, "down");
      return condition?.status === "False" ? untouched("down")() : JSON.stringify(condition);
    });
    const [marking] = await eventually("the node to be marked", minutes, () => {
      const marks = marksByProduct(cluster.audit).filter(({ node }) => node === "down");
      return marks.length === 0 ? undefined : marks;
    });
    expect(marking?.taints).toContain("knitbone.io/suspect:NoSchedule");
    await down.faults.clear();
    await becomesReady("down", "True", 2 * minutes);
    const given = await eventually(
      "the mark to be taken back",
      3 * minutes,
      () => marksByProduct(cluster.audit).filter(({ node }) => node === "down")[1],
    );
    expect(given.taints).not.toContain("knitbone.io/suspect:NoSchedule");
    const [same] = await runningPods(cluster, "down", "web", 1);
    expect(same?.metadata.uid).toBe(pod?.metadata.uid);
    expect(writesIn(cluster.audit, "down")).toEqual([]);
  });

  test("containers that hang leave their node Ready until the kubelet is restarted, which then cannot begin (S0-40, S3-12); nothing is done to it", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    await createNamespace(cluster, "hung");
    const placement = { nodeSelector: { pool: "hung" } };
    // One hung container holds a relist up for two minutes, the deadline of the call; two in a row cross the threshold of three (S0-40).
    await Promise.all([
      createDeployment(cluster, "hung", "stuck", placement, 2),
      createDeployment(cluster, "hung", "well", placement),
    ]);
    const [stuck, [well]] = await Promise.all([
      runningPods(cluster, "hung", "stuck", 2),
      runningPods(cluster, "hung", "well", 1),
    ]);
    if (well === undefined) throw new Error("unreachable: runningPods answered one");
    const match = { namespace: "hung", pod: "stuck-*" };
    await unasked(hung, match);
    const hangs = await hung.faults.add({ operation: "ContainerStatus", match, answer: { hang: true } });
    // Nobody asks for a container while nothing about it changes but the one worker that rotates logs, every ten seconds (container_log_manager.go): the
    // node is Ready, and the neighbour can be made anew.
    await deletePod(cluster, well);
    await eventually("the neighbour to be replaced", 2 * minutes, async () =>
      (await podsOf(cluster, "hung", "well")).every(({ metadata }) => metadata.uid !== well.metadata.uid)
        ? true
        : undefined,
    );
    await runningPods(cluster, "hung", "well", 1);
    expect(await hangs.applied()).toBeLessThanOrEqual(1);
    expect(await readyCondition(cluster, "hung")).toMatchObject({ status: "True" });

    await hung.restart();
    const ready = await becomesReady("hung", "False", 5 * minutes);
    expect(ready.message).toMatch(/PLEG is not healthy/);
    await never("something was done to the hung node's pods", 10_000, untouched("hung"));
    await hangs.clear();
    await becomesReady("hung", "True", 2 * minutes);
    const still = await runningPods(cluster, "hung", "stuck", 2);
    expect(still.map(({ metadata }) => metadata.uid).sort()).toEqual(stuck.map(({ metadata }) => metadata.uid).sort());
    expect(writesIn(cluster.audit, "hung")).toEqual([]);
  });

  test("a lost Node object (S0-44) is PodGC's work: it takes the stuck pods away, and the product waits", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const { namespace, node, stateless, kubelet } = vanishing;
    const [pod] = stateless;
    if (pod === undefined) throw new Error("unreachable: three are staged");
    // The node first: a pod that is overdue on a node that is there may be forced.
    await kubelet.stop();
    await cluster.api.delete(`/api/v1/nodes/${node}`);
    await deletePod(cluster, pod);
    await eventually("the product to wait for PodGC", minutes, async () =>
      (await knitbone.cases()).find(({ object, reason }) => object.uid === pod.metadata.uid && reason === "NodeGone"),
    );
    const removal = await eventually("PodGC to take the pod away", 4 * minutes, () =>
      cluster.audit
        .podRemovals(({ object }) => object.namespace === namespace)
        .find(({ name, record }) => name === pod.metadata.name && record.user !== "admin"),
    );
    expect(removal.record.user).toMatch(/pod-garbage-collector|kube-controller-manager/);
    expect(removedByProduct(cluster.audit, namespace)).toEqual([]);
    expectExplainableWrites(cluster.audit);
  });
});
