import { afterAll, beforeAll, describe, test } from "vitest";
import type { LeftStory } from "./causes/cause-story.ts";
import { leftStories, runningStory } from "./causes/left-and-told.ts";
import { stoppingStories } from "./causes/of-stopping.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Fault } from "./fault-table.ts";
import type { Stage } from "./fixtures/scenario.ts";
import { startWatching } from "./fixtures/sightings.ts";
import { type Kubelet, type KubeletOptions, startKubelet } from "./kubelet.ts";
import { type CaseRow, type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, deletePod, eventsIn, runningPods } from "./workloads.ts";

const minutes = 60_000;

// Named as the recorded scenarios have them, and what stands in a node's place there is a real kubelet here.
const nodes: readonly KubeletOptions[] = [
  { node: "worker" },
  { node: "pulling" },
  { node: "full", maxPods: 1 },
  { node: "crowded", maxPods: 1 },
  { node: "devices", devices: { "example.com/gpu": 2 } },
  { node: runningStory.name },
  { node: "shop-a", labels: { pool: "shop" } },
  ...stoppingStories.map((_, index) => ({ node: `stopping-${index}`, labels: { pool: `stopping-${index}` } })),
];

describe("Knitbone, beside causes that no other place would mend", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();
  let asked: { readonly at: number; readonly rows: Promise<readonly CaseRow[]> } | undefined;

  /** All stories ask for the same list: once in two seconds is enough. */
  const cases = (): Promise<readonly CaseRow[]> => {
    const at = performance.now();
    if (asked === undefined || at - asked.at > 2_000) asked = { at, rows: knitbone.cases() };
    return asked.rows;
  };
  const judged = async ({ name, healer }: LeftStory) =>
    (await cases())
      .filter((row) => row.object.namespace === name && row.healer === healer)
      .map(({ verdict, reason }) => ({ verdict, reason }));

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-20", "act");
    const sightings = startWatching(cluster);
    await Promise.all(nodes.map(async (options) => kubelets.set(options.node, await startKubelet(cluster, options))));
    await knitbone.start();
    const stageOf = (namespace: string): Stage => ({
      cluster,
      sightings,
      namespace,
      kubelet: (node) => kubelets.get(node) as Kubelet,
    });
    await Promise.all(
      [...leftStories, runningStory].map(async (story) => {
        await createNamespace(cluster, story.name);
        await story.stage(stageOf(story.name));
      }),
    );
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  describe.concurrent("one cause each (S0-17, S0-21, S0-22, S0-25, S0-26, S0-27, S0-31, S0-32, S0-34, S0-37, S0-47, S0-53, S0-84, S0-85, S0-86, S0-93, S0-97)", () => {
    test.for(leftStories)("$cause ($name): $verdict, $reason, and nothing is moved", async (story, { expect }) => {
      tellWhy(knitbone);
      let seen: unknown;
      await eventually(
        `${story.healer} to say ${story.verdict} ${story.reason}`,
        4 * minutes,
        async () => {
          const rows = await judged(story);
          seen = rows;
          return rows.some(({ verdict, reason }) => verdict === story.verdict && reason === story.reason) || undefined;
        },
        () => `its cases: ${JSON.stringify(seen)}`,
        2_000,
      );
      const words = () =>
        writesIn(cluster.audit, story.name).map(({ verb, object, requestObject }) =>
          [verb, object.resource, object.subresource, requestObject?.reason].filter((each) => each).join(" "),
        );
      const told = [story.toldBefore, story.verdict === "escalate" ? story.reason : undefined];
      const allowed = told.filter((reason) => reason !== undefined).map((reason) => `create events ${reason}`);
      await never("something else was written there", 20_000, async () =>
        words().every((word) => allowed.includes(word)) ? undefined : JSON.stringify(words()),
      );
      expect(words()).toEqual(allowed);
    });

    test(`${runningStory.cause} (${runningStory.name}): the node is marked, and the pod that runs is left`, async ({
      expect,
    }) => {
      tellWhy(knitbone);
      const mark = await eventually("the node's mark", 4 * minutes, () =>
        marksByProduct(cluster.audit).find(({ node }) => node === runningStory.name),
      );
      expect(mark.taints).toEqual(["knitbone.io/suspect:NoSchedule"]);
      const handedOver = (await cases()).filter(
        ({ object, healer }) => object.namespace === runningStory.name && healer === "pending-rescheduler",
      );
      expect(handedOver).toMatchObject([{ reason: runningStory.cause }]);
      expect(removedByProduct(cluster.audit, runningStory.name)).toEqual([]);
    });

    for (const [index, stories] of stoppingStories.entries())
      test.for(stories)(
        "$cause ($name): a pod that cannot be stopped is let go of, once",
        async (story, { expect }) => {
          tellWhy(knitbone);
          const namespace = story.name;
          await createNamespace(cluster, namespace);
          await createDeployment(cluster, namespace, "web", { nodeSelector: { pool: `stopping-${index}` } }, 1);
          const [pod] = await runningPods(cluster, namespace, "web", 1);
          if (pod === undefined) throw new Error("no pod runs");
          for (const fault of story.faults)
            await kubelets
              .get(`stopping-${index}`)
              ?.faults.add({ ...fault, match: { pod: pod.metadata.name } } as Fault);
          await deletePod(cluster, pod);
          await eventually(`an event "${story.words}"`, minutes, async () =>
            (await eventsIn(cluster, namespace)).find(
              ({ reason, message }) => reason === "FailedKillPod" && message.includes(story.words),
            ),
          );
          await eventually(
            "the pod to be gone",
            2 * minutes,
            async () =>
              (await cluster.api.find(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`)) === undefined ||
              undefined,
          );
          await runningPods(cluster, namespace, "web", 1);
          expect(removedByProduct(cluster.audit, namespace)).toMatchObject([
            { by: "delete", preconditionUid: pod.metadata.uid },
          ]);
        },
      );
  });

  test("no node but that one is marked, and each write has its reasons", ({ expect }) => {
    expectExplainableWrites(cluster.audit);
    expect([...new Set(marksByProduct(cluster.audit).map(({ node }) => node))]).toEqual([runningStory.name]);
  });
});
