import { afterAll, beforeAll, describe, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Fault } from "./fault-table.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, marksByProduct, removedByProduct, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { cordon, createDeployment, createNamespace, eventsIn, isRunning, podsOf } from "./workloads.ts";

const minutes = 60_000;

interface Story {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly fault: (namespace: string) => Fault;
  /** What a container waits for, as the kubelet says it. */
  readonly waiting: readonly string[];
  readonly event: { readonly reason: string; readonly words: string };
  /** What people are told about the Deployment; nothing where an incident is to be waited for. */
  readonly told?: string;
}

const everywhere = ["n1", "n2", "n3"];
const sick = "pair-sick";
const spare = "pair-spare";

const sandboxFault = (namespace: string): Fault => ({
  operation: "RunPodSandbox",
  match: { namespace },
  answer: {
    error: 'failed to get sandbox image "registry.k8s.io/pause:3.10": failed to pull image: content digest not found',
  },
});

// Texts as the runtimes word them: containerd 2.1 internal/cri/server (sandbox_run.go, container_create.go) and core/remotes/docker.
const stories: readonly Story[] = [
  {
    name: "a registry that fails for three nodes (S0-32)",
    namespace: "registry",
    image: "registry.example/app:1",
    fault: (namespace) => ({
      operation: "PullImage",
      match: { namespace },
      answer: {
        error:
          'failed to pull and unpack image "registry.example/app:1": failed to resolve reference "registry.example/app:1": unexpected status from HEAD request to https://registry.example/v2/app/manifests/1: 503 Service Unavailable',
      },
    }),
    waiting: ["ErrImagePull", "ImagePullBackOff"],
    event: { reason: "Failed", words: "503 Service Unavailable" },
  },
  {
    name: "containers whose names are taken, on every node (S0-82, S0-25)",
    namespace: "create",
    image: "images.example/create:1",
    fault: (namespace) => ({
      operation: "CreateContainer",
      match: { namespace },
      answer: {
        error: 'failed to reserve container name "main_web_create_0": name "main_web_create_0" is reserved for "4f1b"',
      },
    }),
    waiting: ["CreateContainerError"],
    event: { reason: "Failed", words: "failed to reserve container name" },
    told: "FailsOnManyNodes",
  },
];

// Whoever deleted pods that no node can start would only make more of them; a node that alone cannot is taken out of scheduling, and its pod made elsewhere.
describe.concurrent("Knitbone, beside pods that cannot be created", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-10", "act");
    const nodes = [...everywhere.map((node) => [node, "common"]), [sick, "pair"], [spare, "pair"]] as const;
    await Promise.all(
      nodes.map(async ([node = "", pool = ""]) =>
        kubelets.set(node, await startKubelet(cluster, { node, labels: { pool } })),
      ),
    );
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test.for(stories)("$name: nobody is deleted, and all of them run once it is over", async (story, { expect }) => {
    tellWhy(knitbone);
    const { namespace, image } = story;
    await createNamespace(cluster, namespace);
    const faults = await Promise.all(everywhere.map((node) => kubelets.get(node)?.faults.add(story.fault(namespace))));
    await createDeployment(cluster, namespace, "web", { image, nodeSelector: { pool: "common" } }, 3);
    const failing = await eventually("three pods to wait for it", 2 * minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      const waits = pods.filter(({ status }) =>
        story.waiting.includes(status.containerStatuses?.[0]?.state?.waiting?.reason),
      );
      return waits.length === 3 ? pods : undefined;
    });
    await eventually(`an event ${story.event.reason}`, minutes, async () =>
      (await eventsIn(cluster, namespace)).find(
        ({ reason, message }) => reason === story.event.reason && message.includes(story.event.words),
      ),
    );
    const written = () => writesIn(cluster.audit, namespace);
    await never("the product moved something there", 40_000, async () => {
      const moves = written().filter(({ object }) => object.resource !== "events");
      return moves.length === 0 ? undefined : JSON.stringify(moves);
    });
    const words = written().map(({ requestObject }) => `${requestObject?.reason} ${requestObject?.regarding?.kind}`);
    expect(words).toEqual(story.told === undefined ? [] : [`${story.told} Deployment`]);
    for (const fault of faults) await fault?.clear();
    // A kubelet that has failed for a minute tries again within another two.
    const running = await eventually("all of them to run", 4 * minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      return pods.every(isRunning) ? pods : undefined;
    });
    expect(running.map(({ metadata }) => metadata.uid).sort()).toEqual(
      failing.map(({ metadata }) => metadata.uid).sort(),
    );
    expectExplainableWrites(cluster.audit);
  });

  test("sandboxes that one node cannot make: it is marked, and the pod made on another (S0-29, S0-91)", async ({
    expect,
  }) => {
    tellWhy(knitbone);
    const namespace = "sandbox";
    await createNamespace(cluster, namespace);
    const fault = await kubelets.get(sick)?.faults.add(sandboxFault(namespace));
    await cordon(cluster, spare, true);
    await createDeployment(cluster, namespace, "web", { nodeSelector: { pool: "pair" } }, 1);
    const [stuck] = await eventually("a pod on the sick node", minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      return pods[0]?.spec.nodeName === sick ? pods : undefined;
    });
    await cordon(cluster, spare, false);
    const [replaced] = await eventually("its replacement to run elsewhere", 3 * minutes, async () => {
      const pods = await podsOf(cluster, namespace, "web");
      return pods.length === 1 && pods.every(isRunning) ? pods : undefined;
    });
    expect(replaced?.spec.nodeName).toBe(spare);
    expect(marksByProduct(cluster.audit)).toMatchObject([{ node: sick, taints: ["knitbone.io/suspect:NoSchedule"] }]);
    expect(removedByProduct(cluster.audit, namespace)).toMatchObject([
      { by: "eviction", preconditionUid: stuck?.metadata.uid },
    ]);
    await fault?.clear();
    expectExplainableWrites(cluster.audit);
  });
});
