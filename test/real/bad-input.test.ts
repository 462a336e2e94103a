import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { stringify } from "yaml";
import { aSignature } from "../build/signature.ts";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { startKubelet } from "./kubelet.ts";
import { type CaseRow, type Product, productOn, tellWhy } from "./product.ts";
import { removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createNamespace } from "./workloads.ts";

const minutes = 60_000;
/** About as many as the API server stores in one object. */
const containers = 1_500;

/** A node that nobody serves, and whose Lease is renewed all the same: whatever a status there says, no kubelet mends it. */
async function createPaperNode(cluster: ControlPlane, name: string): Promise<void> {
  const { api } = cluster;
  await api.create("/api/v1/nodes", { metadata: { name } });
  const resources = { cpu: "4", memory: "8Gi", pods: "110" };
  await api.patch(`/api/v1/nodes/${name}/status`, "strategic-merge", {
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
    },
  });
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const renewed = () => ({ renewTime: `${new Date(Date.now()).toISOString().slice(0, -1)}000Z` });
  await api.create(leases, {
    metadata: { name },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, ...renewed() },
  });
  const renewal = setInterval(() => {
    api.patch(`${leases}/${name}`, "merge", { spec: renewed() }).catch(() => {});
  }, 5_000);
  cluster.beforeStop(async () => clearInterval(renewal));
}

// What nobody should write, in a cluster all the same: people read why nothing is done.
describe.concurrent("Knitbone, told nonsense", () => {
  let cluster: ControlPlane;
  let knitbone: Product;

  const caseOf = (kind: string, namespace: string, reason: string): Promise<CaseRow> =>
    eventually(
      `a case ${reason} of ${namespace}`,
      2 * minutes,
      async () =>
        (await knitbone.cases()).find(
          (each) => each.object.kind === kind && each.object.namespace === namespace && each.reason === reason,
        ),
      knitbone.tail,
      2_000,
    );
  const wordsIn = (namespace: string) =>
    writesIn(cluster.audit, namespace).map(({ requestObject }) => requestObject?.reason);
  const nothingMoves = (namespace: string) =>
    never("something was removed there", 15_000, async () => {
      const removed = removedByProduct(cluster.audit, namespace);
      return removed.length === 0 ? undefined : JSON.stringify(removed);
    });

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-bad-input", "act");
    await Promise.all([startKubelet(cluster, { node: "n1" }), createPaperNode(cluster, "paper")]);
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test(`a status of ${containers} containers, each of which says something else, is left`, async ({ expect }) => {
    tellWhy(knitbone);
    const namespace = "crowd";
    await createNamespace(cluster, namespace);
    const image = "registry.example/app:1";
    const names = Array.from({ length: containers }, (_, n) => `main-${n}`);
    const pod = await cluster.api.create(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: "web" },
      spec: { nodeName: "paper", containers: names.map((name) => ({ name, image })) },
    });
    await cluster.api.patch(`/api/v1/namespaces/${namespace}/pods/web/status`, "merge", {
      status: {
        containerStatuses: names.map((name, n) => ({
          name,
          image,
          imageID: "",
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: "CreateContainerError", message: `trouble of kind ${n * 7919}` } },
        })),
      },
    });
    const found = await caseOf("Pod", namespace, "MessageUnknown");
    expect(found).toMatchObject({ verdict: "leave", object: { uid: pod.metadata.uid } });
    expect(found.message).toMatch(/in words that the catalogue does not know/);
    expect(found.message?.length).toBeLessThan(1_000);
    await nothingMoves(namespace);
    expect(wordsIn(namespace)).toEqual([]);
  });

  test("a scheduler's words that nobody has seen are left, and quoted", async ({ expect }) => {
    tellWhy(knitbone);
    const namespace = "strange";
    await createNamespace(cluster, namespace);
    await cluster.api.create(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: "web" },
      spec: { schedulerName: "another", containers: [{ name: "main", image: "registry.example/app:1" }] },
    });
    const message = "0/2 nodes are available: 2 node(s) had the wrong colour.";
    await cluster.api.patch(`/api/v1/namespaces/${namespace}/pods/web/status`, "strategic-merge", {
      status: {
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message,
            lastTransitionTime: new Date(Date.now()).toISOString().replace(/\.\d+/, ""),
          },
        ],
      },
    });
    const found = await caseOf("Pod", namespace, "SchedulerWordsUnknown");
    expect(found.verdict).toBe("leave");
    expect(found.message).toContain("node(s) had the wrong colour");
    expect(wordsIn(namespace)).toEqual([]);
  });

  test("an opt-in that asks for what there is not is told to its owner, with what it says", async ({ expect }) => {
    tellWhy(knitbone);
    const namespace = "wish";
    await createNamespace(cluster, namespace);
    const deployment: ApiObject = await cluster.api.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
      metadata: { name: "web", annotations: { "knitbone.io/spill": "yes please" } },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [{ name: "main", image: "registry.example/app:1", resources: { requests: { cpu: "1000" } } }],
          },
        },
      },
    });
    const found = await caseOf("Pod", namespace, "SpillOptInUnreadable");
    expect(found.message).toContain('knitbone.io/spill="yes please": only other-pool is known');
    const told = await eventually("word of it", minutes, () => writesIn(cluster.audit, namespace).at(0));
    expect(told.requestObject).toMatchObject({
      reason: "SpillOptInUnreadable",
      regarding: { kind: "Deployment", uid: deployment.metadata.uid },
    });
    expect(wordsIn(namespace)).toEqual(["SpillOptInUnreadable"]);
    expect(await cluster.api.list(`/apis/apps/v1/namespaces/${namespace}/deployments`)).toHaveLength(1);
  });

  test.for([
    ["an unknown field", { ...aSignature(), sauce: 1 }, "unknown field sauce"],
    ["a pattern", aSignature({ fragments: ["disk .* tired"] }), "fragments.0: looks like a regular expression"],
    ["no sample", aSignature({ samples: [] }), "samples: must have 1 to 12 entries"],
    ["a remedy that the table may not bring", aSignature({ remedy: "evict" }), "remedy"],
  ] as const)("a catalogue row with %s is refused, and none is in force", async ([what, row, words], { expect }) => {
    tellWhy(knitbone);
    const file = join(cluster.folder, `${what.replaceAll(" ", "-")}.yaml`);
    await writeFile(file, stringify(row));
    const refused = await knitbone.cli("catalogue", "add", "--file", file);
    expect(refused.code).toBe(2);
    expect(refused.words).toContain(words);
    const { words: listed } = await knitbone.cli("catalogue", "list", "--json");
    expect((JSON.parse(listed) as { id: string }[]).filter(({ id }) => id === row.id)).toEqual([]);
  });

  test("a row that is good is in force, and a bad one after it changes nothing", async ({ expect }) => {
    tellWhy(knitbone);
    const write = async (name: string, row: object) => {
      const file = join(cluster.folder, name);
      await writeFile(file, stringify(row));
      return knitbone.cli("catalogue", "add", "--file", file);
    };
    const good = aSignature({ id: "disk-sleepy" });
    expect((await write("good.yaml", good)).code).toBe(0);
    expect((await write("worse.yaml", { ...good, version: 2, fragments: ["disk .*"] })).code).toBe(2);
    const { words } = await knitbone.cli(
      "catalogue",
      "explain",
      "disk sda is tired",
      "--channel",
      "event",
      "--reason",
      "FailedSync",
    );
    expect(words).toContain("disk-sleepy");
  });
});
