import { afterAll, beforeAll, describe, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { innerTexts } from "./fixtures/inner-texts.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import {
  cordon,
  createDeployment,
  createNamespace,
  createStatefulSet,
  deletePod,
  isRunning,
  podsOf,
  runningPods,
} from "./workloads.ts";

const minutes = 60_000;
const suspect = "knitbone.io/suspect:NoSchedule";

// A marked node takes no pods. What it still holds goes on failing there, and that must count: in the lab a node is given back once it is well for 30 s.
describe.concurrent("Knitbone, beside marked nodes on which something goes on", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  let failing: Kubelet;
  let busy: Kubelet;

  const marksOf = (node: string) =>
    marksByProduct(cluster.audit)
      .filter((each) => each.node === node)
      .map(({ taints }) => taints.filter((each) => each === suspect).length);

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-under-our-mark", "act");
    [failing, busy] = await Promise.all([
      startKubelet(cluster, { node: "failing", labels: { pool: "failing" } }),
      startKubelet(cluster, { node: "busy", labels: { pool: "busy" } }),
      startKubelet(cluster, { node: "calm", labels: { pool: "busy" } }),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test("a StatefulSet's pod that finds no sandbox there is told, and keeps the mark until it runs (S0-91)", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const namespace = "goes-on";
    await createNamespace(cluster, namespace);
    const fault = await failing.faults.add({
      operation: "RunPodSandbox",
      match: { namespace },
      answer: { error: innerTexts.sandboxImageMissing.text, code: "NotFound" },
    });
    await createStatefulSet(cluster, namespace, "db", { nodeSelector: { pool: "failing" } });
    await eventually("the node's mark", 3 * minutes, () => (marksOf("failing").length > 0 ? true : undefined));
    const [pod] = await podsOf(cluster, namespace, "db");
    await eventually("word of it", 2 * minutes, () =>
      writesIn(cluster.audit, namespace).find(({ requestObject }) => requestObject?.reason === "NotMovable"),
    );
    await never("the mark was taken back", 100_000, async () =>
      marksOf("failing").length > 1 ? JSON.stringify(marksOf("failing")) : undefined,
    );
    const node = (await knitbone.cases()).find(({ object }) => object.name === "failing");
    expect(node?.symptoms).toMatchObject([{ pod: `${namespace}/db-0`, reason: "SandboxImage" }]);
    expect(removedByProduct(cluster.audit, namespace)).toEqual([]);

    await fault.clear();
    await eventually("it to run", 3 * minutes, async () =>
      (await podsOf(cluster, namespace, "db")).find(
        (each) => isRunning(each) && each.metadata.uid === pod?.metadata.uid,
      ),
    );
    await eventually("the mark to be taken back", 3 * minutes, () =>
      marksOf("failing").length > 1 ? true : undefined,
    );
    expect(marksOf("failing")).toEqual([1, 0]);
  });

  test("mounts that are busy: five pods are let go of, and from the third on they count against the node (S0-84)", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const namespace = "busy";
    await createNamespace(cluster, namespace);
    await cordon(cluster, "calm", true);
    const apps = ["a", "b", "c", "d", "e"];
    const pool = { nodeSelector: { pool: "busy" } };
    await Promise.all(apps.map((app) => createDeployment(cluster, namespace, app, pool, 1)));
    const pods = (await Promise.all(apps.map((app) => runningPods(cluster, namespace, app, 1)))).flat();
    await cordon(cluster, "calm", false);
    // Of the pods that run now: those that are made anew end well, wherever they land.
    for (const pod of pods) {
      await busy.faults.add({
        operation: "StopPodSandbox",
        match: { pod: pod.metadata.name },
        answer: { error: innerTexts.sandboxMountBusy.text },
      });
    }
    await Promise.all(pods.map((pod) => deletePod(cluster, pod)));
    const removed = await eventually("all of them to be let go of", 4 * minutes, () => {
      const so = removedByProduct(cluster.audit, namespace);
      return so.length === pods.length ? so : undefined;
    });
    expect(removed.map(({ by }) => by)).toEqual(pods.map(() => "delete"));
    expect(removed.map(({ preconditionUid }) => preconditionUid).toSorted()).toEqual(
      pods.map(({ metadata }) => metadata.uid).toSorted(),
    );
    expect(marksOf("busy")[0]).toBe(1);
    const node = (await knitbone.cases()).find(({ object }) => object.name === "busy");
    expect(node?.symptoms?.map(({ reason }) => reason)).toEqual(["MountBusy", "MountBusy", "MountBusy"]);
    const last = (await knitbone.actions()).find(({ object }) => object.uid === removed.at(-1)?.preconditionUid);
    expect(last).toMatchObject({ reason: "OverdueOnReadyNode", outcome: { kind: "Done" } });
    expect(last?.message).toContain("Its kubelet cannot end it: A mount of the pod is in use on the node");
    await Promise.all(apps.map((app) => runningPods(cluster, namespace, app, 1)));
    expectExplainableWrites(cluster.audit);
  });
});
