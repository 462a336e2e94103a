import { afterAll, beforeAll, describe, test } from "vitest";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Fault } from "./fault-table.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Product, productOn, tellWhy } from "./product.ts";
import { expectExplainableWrites, writesIn } from "./product-record.ts";
import { eventually, never } from "./wait.ts";
import { createDeployment, createNamespace, eventsIn, isRunning, podsOf } from "./workloads.ts";

const minutes = 60_000;

interface Story {
  readonly name: string;
  readonly namespace: string;
  readonly image?: string;
  /** Nodes whose runtime has it. */
  readonly on: readonly string[];
  readonly fault: (namespace: string) => Fault;
  /** What a container waits for, as the kubelet says it. */
  readonly waiting: readonly string[];
  readonly event: { readonly reason: string; readonly words: string };
}

const everywhere = ["n1", "n2", "n3"];

// Texts as the runtimes word them: containerd 2.1 internal/cri/server (sandbox_run.go, container_create.go) and core/remotes/docker.
const stories: readonly Story[] = [
  {
    name: "a registry that fails for three nodes (S0-32)",
    namespace: "registry",
    image: "registry.example/app:1",
    on: everywhere,
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
    name: "sandboxes that one node cannot make (S0-29)",
    namespace: "sandbox",
    on: ["n1"],
    fault: (namespace) => ({
      operation: "RunPodSandbox",
      match: { namespace },
      answer: {
        error:
          'failed to get sandbox image "registry.k8s.io/pause:3.10": failed to pull image: content digest not found',
      },
    }),
    waiting: ["ContainerCreating"],
    event: { reason: "FailedCreatePodSandBox", words: "failed to get sandbox image" },
  },
  {
    name: "containers whose names are taken (S0-82)",
    namespace: "create",
    on: everywhere,
    fault: (namespace) => ({
      operation: "CreateContainer",
      match: { namespace },
      answer: {
        error: 'failed to reserve container name "main_web_create_0": name "main_web_create_0" is reserved for "4f1b"',
      },
    }),
    waiting: ["CreateContainerError"],
    event: { reason: "Failed", words: "failed to reserve container name" },
  },
];

// Nobody heals these yet, and whoever deleted pods here would only make more of them.
describe.concurrent("Knitbone, beside pods that cannot be created", () => {
  let cluster: ControlPlane;
  let knitbone: Product;
  const kubelets = new Map<string, Kubelet>();

  beforeAll(async () => {
    cluster = await startControlPlane();
    knitbone = productOn(cluster, "real-10", "act");
    await Promise.all(
      everywhere.map(async (node) => kubelets.set(node, await startKubelet(cluster, { node, labels: { name: node } }))),
    );
    await knitbone.start();
  }, 5 * minutes);
  afterAll(() => cluster?.stop());

  test.for(stories)("$name: nobody is deleted, and all of them run once it is over", async (story, { expect }) => {
    tellWhy(knitbone);
    const { namespace, on } = story;
    await createNamespace(cluster, namespace);
    const faults = await Promise.all(on.map((node) => kubelets.get(node)?.faults.add(story.fault(namespace))));
    const [only] = on;
    const placement = {
      ...(story.image === undefined ? {} : { image: story.image }),
      ...(on.length === 1 && only !== undefined ? { nodeSelector: { name: only } } : {}),
    };
    await createDeployment(cluster, namespace, "web", placement, 3);
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
    await never("the product wrote something there", 40_000, async () => {
      const writes = writesIn(cluster.audit, namespace);
      return writes.length === 0 ? undefined : JSON.stringify(writes);
    });
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
});
