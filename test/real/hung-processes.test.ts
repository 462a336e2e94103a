import { afterAll, beforeAll, describe, test } from "vitest";
import { type HungProcess, hungProcesses } from "./causes/hung-processes.ts";
import { type ConditionStory, conditionStories } from "./causes/of-conditions.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Fault } from "./fault-table.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct } from "./product-record.ts";
import { eventually, sleep } from "./wait.ts";
import { createNamespace, eventsIn, readyCondition } from "./workloads.ts";

const minutes = 60_000;
/** Two of ten nodes are not Ready at a time: one more, and the zone would be left alone as a whole. */
const wellNodes = ["well-a", "well-b"];
const rebooted = "rebooted";

describe("Knitbone, beside nodes whose runtime fails or hangs", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-22", "act");
    const start = async (node: string, faults: readonly Fault[] = []) =>
      kubelets.set(node, await startKubelet(cluster, { node, faults }));
    await Promise.all([
      ...[...wellNodes, rebooted, ...hungProcesses.map(({ name }) => name)].map((node) => start(node)),
      ...conditionStories.map(({ node, fault, fromTheStart }) => start(node, fromTheStart ? [fault] : [])),
    ]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  const marksOf = (node: string) => marksByProduct(cluster.audit).filter((each) => each.node === node);

  describe.concurrent("at once", () => {
    test.for(conditionStories)(
      "$cause on $node: marked as $reason, and open again when it is over (S3-01, S3-02)",
      async ({ node, fault, fromTheStart, words, reason }: ConditionStory, { expect }) => {
        tellWhy(knitbone);
        if (!fromTheStart) await kubelets.get(node)?.faults.add(fault);
        await eventually(`${node} to be NotReady`, 2 * minutes, async () => {
          const ready = await readyCondition(cluster, node);
          return (ready?.status === "False" && ready.message.includes(words)) || undefined;
        });
        await eventually(`the mark of ${node}`, 3 * minutes, () => marksOf(node).length > 0 || undefined);
        const actions = (await knitbone.actions()).filter(({ object }) => object.name === node);
        expect(actions).toMatchObject([{ heal: { kind: "TaintNode" }, reason }]);
        const told = await eventually("people to be told", minutes, () => {
          const notes = cluster.audit.productWrites().map(({ requestObject }) => requestObject);
          return notes.find((note) => note?.regarding?.name === node && note.reason === reason);
        });
        expect(told.note).toContain(words);
        await kubelets.get(node)?.faults.clear();
        await eventually(`${node} to be open again`, 4 * minutes, async () => {
          const { spec } = await cluster.api.get(`/api/v1/nodes/${node}`);
          return (spec.taints ?? []).length === 0 || undefined;
        });
      },
    );

    test("NodeRebooted: a node that has booted anew and is well is left alone (S0-57)", async ({ expect }) => {
      tellWhy(knitbone);
      await cluster.api.patch(`/api/v1/nodes/${rebooted}/status`, "strategic-merge", {
        status: { nodeInfo: { bootID: "the boot before" } },
      });
      await eventually("the kubelet to say so", minutes, async () =>
        (await eventsIn(cluster, "default")).find(
          ({ reason, message }) => reason === "Rebooted" && message.includes(rebooted),
        ),
      );
      await sleep(minutes);
      expect(marksOf(rebooted)).toEqual([]);
    });

    // Which hanging process makes its node NotReady, and which does not (S0-100, S0-40).
    test.for(hungProcesses)(
      "$process hangs: after five minutes Ready is $ready (S0-40, S0-100)",
      async ({ name, fault, from, deleted, ready, shows }: HungProcess, { expect }) => {
        tellWhy(knitbone);
        await createNamespace(cluster, name);
        const hang = () => kubelets.get(name)?.faults.add({ ...fault, match: { namespace: name } } as Fault);
        const path = `/api/v1/namespaces/${name}/pods`;
        if (from === "the start") await hang();
        const probe = { exec: { command: ["check"] }, periodSeconds: 5 };
        await cluster.api.create(path, {
          metadata: { name: "web" },
          spec: {
            nodeName: name,
            terminationGracePeriodSeconds: 1,
            containers: [{ name: "main", image: "registry.k8s.io/pause:3.10", readinessProbe: probe }],
          },
        });
        if (from === "when it runs") {
          await eventually("the pod to run", minutes, async () => {
            const { status } = await cluster.api.get(`${path}/web`);
            return status.phase === "Running" || undefined;
          });
          await hang();
        }
        if (deleted === true) await cluster.api.delete(`${path}/web`);
        await sleep(5 * minutes);
        const seen = {
          ready: (await readyCondition(cluster, name))?.status,
          ...(await showing(cluster, name, shows)),
        };
        expect(seen).toEqual({ ready, ...shows });
        await kubelets.get(name)?.faults.clear();
      },
    );
  });

  test("each write has its reasons", () => {
    expectExplainableWrites(cluster.audit);
  });
});

/** The same kind of sign as expected, as it is. */
async function showing(cluster: ControlPlane, namespace: string, shows: HungProcess["shows"]): Promise<object> {
  const pod = await cluster.api.find(`/api/v1/namespaces/${namespace}/pods/web`);
  if ("terminating" in shows) return { terminating: pod?.metadata.deletionTimestamp !== undefined };
  if ("waiting" in shows) return { waiting: pod?.status.containerStatuses?.[0]?.state?.waiting?.reason };
  const warnings = (await eventsIn(cluster, namespace)).filter(
    // Not what Knitbone tells; and one is said of every pod of a cluster without DNS, as this one is.
    ({ reason, source, ...event }) =>
      (event as unknown as { type: string }).type === "Warning" &&
      source.component === "kubelet" &&
      reason !== "MissingClusterDNS",
  );
  return { event: warnings.at(-1)?.reason ?? "" };
}
