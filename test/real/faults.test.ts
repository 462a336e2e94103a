import { afterAll, beforeAll, describe, type ExpectStatic, test } from "vitest";
import type { ApiObject } from "./api-client.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Fault } from "./fault-table.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { eventually, never } from "./wait.ts";
import { createNamespace, deletePod, isRunning } from "./workloads.ts";

// Every kind of wrong answer of the runtime, and what a real kubelet makes of it for the API server. Side by side: a namespace each.
describe.concurrent("a runtime with faults", () => {
  let cluster: ControlPlane;
  let kubelet: Kubelet;
  let down: Kubelet;
  let shrinking: Kubelet;
  let restarting: Kubelet;

  beforeAll(async () => {
    cluster = await startControlPlane();
    [kubelet, down, shrinking, restarting] = await Promise.all([
      startKubelet(cluster, { node: "faulty" }),
      startKubelet(cluster, { node: "down" }),
      startKubelet(cluster, { node: "shrinking", devices: { "example.com/gpu": 2 } }),
      startKubelet(cluster, { node: "restarting" }),
    ]);
  });
  afterAll(() => cluster?.stop());

  test("PullImage fails: ErrImagePull, then ImagePullBackOff, until it works", async ({ expect }) => {
    await createNamespace(cluster, "pull");
    const error = 'failed to pull and unpack image "registry.example.com/web:9": not found';
    const fault = await kubelet.faults.add({
      operation: "PullImage",
      match: { namespace: "pull", image: "registry.example.com/*" },
      answer: { error, code: "NotFound" },
    });
    const pod = await startPod("pull", { image: "registry.example.com/web:9" });
    await waiting(pod, "ErrImagePull");
    await eventOf(
      expect,
      "pull",
      "Failed",
      `Failed to pull image "registry.example.com/web:9": ${grpc("NotFound", error)}`,
    );
    await waiting(pod, "ImagePullBackOff");
    await fault.clear();
    await running(pod);
  });

  test("RunPodSandbox fails: FailedCreatePodSandBox, and a pod that stays ContainerCreating", async ({ expect }) => {
    await createNamespace(cluster, "sandbox");
    const error = 'failed to setup network for sandbox: plugin type="bridge" failed (add): no IP addresses available';
    const fault = await kubelet.faults.add({
      operation: "RunPodSandbox",
      match: { namespace: "sandbox" },
      answer: { error },
    });
    const pod = await startPod("sandbox");
    await eventOf(
      expect,
      "sandbox",
      "FailedCreatePodSandBox",
      `Failed to create pod sandbox: ${grpc("Unknown", error)}`,
    );
    await waiting(pod, "ContainerCreating");
    await fault.clear();
    await running(pod);
    expect((await cluster.api.get(pathOf(pod))).status.containerStatuses[0].restartCount).toBe(0);
  });

  test("CreateContainer fails: CreateContainerError", async ({ expect }) => {
    await createNamespace(cluster, "create");
    const error = 'failed to reserve container name "main": name is reserved for "0123"';
    await kubelet.faults.add({ operation: "CreateContainer", match: { namespace: "create" }, answer: { error } });
    const pod = await startPod("create");
    expect(await waiting(pod, "CreateContainerError")).toContain(error);
    await eventOf(expect, "create", "Failed", error);
  });

  test("StartContainer fails: RunContainerError", async ({ expect }) => {
    await createNamespace(cluster, "start");
    const error = 'failed to create containerd task: OCI runtime create failed: exec: "serve": not found';
    await kubelet.faults.add({ operation: "StartContainer", match: { namespace: "start" }, answer: { error } });
    const pod = await startPod("start");
    expect(await waiting(pod, "RunContainerError")).toContain(error);
  });

  test("a container that ends as soon as it starts: its code and words, and CrashLoopBackOff", async ({ expect }) => {
    await createNamespace(cluster, "exits");
    const fault: Fault = {
      operation: "StartContainer",
      match: { namespace: "exits", container: "main" },
      answer: { exited: { code: 3, message: "no database" } },
    };
    await kubelet.faults.add(fault);
    const pod = await startPod("exits");
    await waiting(pod, "CrashLoopBackOff");
    const [status] = (await cluster.api.get(pathOf(pod))).status.containerStatuses;
    expect(status.lastState.terminated).toMatchObject({ exitCode: 3, reason: "Error", message: "no database" });
  });

  test("a running container that is OOMKilled once is started again", async ({ expect }) => {
    await createNamespace(cluster, "oom");
    const pod = await startPod("oom");
    await running(pod);
    const fault = await kubelet.faults.add({
      operation: "ListContainers",
      match: { pod: "p*d", namespace: "oom" },
      answer: { oomKilled: true },
      times: 1,
    });
    const status = await eventually("a restart", 30_000, async () => {
      const [found] = (await cluster.api.get(pathOf(pod))).status.containerStatuses;
      return found.restartCount === 1 && found.state.running !== undefined ? found : undefined;
    });
    expect(status.lastState.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    expect(await fault.applied()).toBe(1);
  });

  test("a sandbox that died is made anew", async ({ expect }) => {
    await createNamespace(cluster, "died");
    const pod = await startPod("died");
    await running(pod);
    await kubelet.faults.add({
      operation: "ListPodSandbox",
      match: { namespace: "died" },
      answer: { sandboxDied: true },
      times: 1,
    });
    await eventOf(expect, "died", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    await running(pod);
  });

  test("a readiness probe whose command fails: Unhealthy, and not Ready until it does not", async ({ expect }) => {
    await createNamespace(cluster, "probe");
    const fault = await kubelet.faults.add({
      operation: "ExecSync",
      match: { namespace: "probe" },
      answer: { exited: { code: 1, message: "cache is cold" } },
    });
    const pod = await startPod("probe", { readinessProbe: { exec: { command: ["ready"] }, periodSeconds: 1 } });
    await eventOf(expect, "probe", "Unhealthy", "Readiness probe failed: cache is cold");
    const { status } = await cluster.api.get(pathOf(pod));
    expect(status.phase).toBe("Running");
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "False" }));
    await fault.clear();
    await running(pod);
  });

  test("RunPodSandbox hangs for one pod: another starts, and the first does when it hangs no more", async () => {
    await createNamespace(cluster, "hangs");
    const fault = await kubelet.faults.add({
      operation: "RunPodSandbox",
      match: { namespace: "hangs", pod: "stuck" },
      answer: { hang: true },
    });
    const stuck = await startPod("hangs", {}, "stuck");
    const other = await startPod("hangs", {}, "other");
    await running(other);
    await never("the pod runs although its sandbox hangs", 3_000, async () => {
      return isRunning(await cluster.api.get(pathOf(stuck))) ? "it runs" : undefined;
    });
    await fault.clear();
    await running(stuck);
  });

  test("a delay delays", async ({ expect }) => {
    await createNamespace(cluster, "slow");
    await kubelet.faults.add({ operation: "StartContainer", match: { namespace: "slow" }, answer: { delayMs: 6_000 } });
    const pod = await startPod("slow");
    await running(pod);
    const held = (await kubelet.runtime()).containers.find(({ namespace }) => namespace === "slow");
    expect(held).toMatchObject({ pod: "pod", uid: pod.metadata.uid, container: "main", attempt: 0, state: "running" });
    const [status] = (await cluster.api.get(pathOf(pod))).status.containerStatuses;
    expect(Date.parse(status.state.running.startedAt) - Date.parse(pod.metadata.creationTimestamp)).toBeGreaterThan(
      5_000,
    );
  });

  test("a container that runs on although it was stopped keeps its pod Terminating", async ({ expect }) => {
    await createNamespace(cluster, "unstopped");
    const pod = await startPod("unstopped");
    await running(pod);
    const fault = await kubelet.faults.add({
      operation: "StopContainer",
      match: { namespace: "unstopped" },
      answer: { leftBehind: true },
    });
    await deletePod(cluster, pod);
    await never("the pod went although its container runs", 6_000, async () => {
      return (await cluster.api.find(pathOf(pod))) === undefined ? "it is gone" : undefined;
    });
    expect(await heldOf("unstopped")).toMatchObject([{ state: "running" }]);
    await fault.clear();
    await gone(pod);
  });

  test("a container that is left behind by its removal stays in the runtime when its pod is gone", async ({
    expect,
  }) => {
    await createNamespace(cluster, "leftover");
    const pod = await startPod("leftover");
    await running(pod);
    const fault = await kubelet.faults.add({
      operation: "RemoveContainer",
      match: { namespace: "leftover" },
      answer: { leftBehind: true },
    });
    await deletePod(cluster, pod);
    await gone(pod);
    await eventually("its removal to be tried", 30_000, async () => (await fault.applied()) > 0 || undefined);
    expect(await heldOf("leftover")).toMatchObject([{ uid: pod.metadata.uid, state: "exited", reason: "Completed" }]);
  });

  test("a runtime without a network, and one that does not answer: the node is not Ready, and says why", async () => {
    const network = await down.faults.add({
      operation: "Status",
      answer: {
        notReady: {
          condition: "NetworkReady",
          reason: "NetworkPluginNotReady",
          message: "Network plugin returns error: cni plugin not initialized",
        },
      },
    });
    await nodeReady(
      "down",
      "False",
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady " +
        "message:Network plugin returns error: cni plugin not initialized",
    );
    await network.clear();
    await nodeReady("down", "True", "kubelet is posting ready status");

    const dead = await down.faults.add({
      operation: "Status",
      answer: { error: "connection error: connection refused", code: "Unavailable" },
    });
    await nodeReady("down", "False", "container runtime is down");
    await dead.clear();
    await nodeReady("down", "True", "kubelet is posting ready status");
  });

  test("a runtime that is down when its kubelet starts: the node comes, and is not Ready until it answers", async () => {
    const late = await startKubelet(cluster, {
      node: "late",
      faults: [{ operation: "Status", answer: { error: "connection refused", code: "Unavailable" } }],
    });
    await nodeReady("late", "False", "container runtime status check may not have completed yet");
    await late.faults.clear();
    await nodeReady("late", "True", "kubelet is posting ready status");
  });

  test("devices that fail, and are gone: what the node says of them, and whom it turns away with which words", async ({
    expect,
  }) => {
    await createNamespace(cluster, "devices");
    const asking = (count: string) => ({ resources: { limits: { "example.com/gpu": count } } });
    const resources = async () => {
      const { capacity, allocatable } = (await cluster.api.get("/api/v1/nodes/shrinking")).status;
      return `${allocatable["example.com/gpu"]} of ${capacity["example.com/gpu"]}`;
    };
    await running(await startPod("devices", asking("2"), "first", "shrinking"));
    await shrinking.setDevices({ "example.com/gpu": { capacity: 2, healthy: 1 } });
    // Its status still says 2 of 2: such a pod is what the scheduler might send in that moment.
    const unexpected = await rejected(await startPod("devices", asking("1"), "second", "shrinking"));
    expect(unexpected.status).toMatchObject({
      reason: "UnexpectedAdmissionError",
      message:
        "Pod was rejected: Allocate failed due to requested number of devices unavailable for example.com/gpu. " +
        "Requested: 1, Available: 0, which is unexpected",
    });
    await eventually("1 of 2 devices", 30_000, async () => (await resources()) === "1 of 2" || undefined);
    await shrinking.setDevices({});
    await eventually("no devices", 30_000, async () => (await resources()) === "0 of 0" || undefined);
    const out = await rejected(await startPod("devices", asking("1"), "third", "shrinking"));
    expect(out.status.reason).toBe("OutOfexample.com/gpu");
  });

  test("a resource that somebody else wrote into the node's status is kept, and is out when it is out", async ({
    expect,
  }) => {
    await createNamespace(cluster, "licences");
    await cluster.api.patch("/api/v1/nodes/shrinking/status", "strategic-merge", {
      status: { capacity: { "example.com/licence": "1" } },
    });
    await eventually("the kubelet to call it allocatable", 30_000, async () => {
      return (await cluster.api.get("/api/v1/nodes/shrinking")).status.allocatable["example.com/licence"];
    });
    const container = { resources: { limits: { "example.com/licence": "2" } } };
    const pod = await rejected(await startPod("licences", container, "pod", "shrinking"));
    expect(pod.status).toMatchObject({
      reason: "OutOfexample.com/licence",
      message:
        "Pod was rejected: Node didn't have enough resource: example.com/licence, requested: 2, used: 0, capacity: 1",
    });
  });

  test("a kubelet that is started again finds its containers running", async ({ expect }) => {
    await createNamespace(cluster, "restarts");
    const pod = await startPod("restarts", {}, "pod", "restarting");
    await running(pod);
    const before = await restarting.runtime();
    await restarting.restart();
    const later = await startPod("restarts", {}, "later", "restarting");
    await running(later);
    const [status] = (await cluster.api.get(pathOf(pod))).status.containerStatuses;
    expect(status).toMatchObject({ restartCount: 0, state: { running: expect.anything() } });
    expect((await restarting.runtime()).containers).toEqual(expect.arrayContaining([...before.containers]));
  });

  test.each([
    [
      "an unknown operation",
      { operation: "StartPod", answer: { hang: true } },
      /operation "StartPod" is not one of .*RunPodSandbox/,
    ],
    ["an unknown field", { operation: "Status", answer: { hung: true } }, /unknown field "hung"/],
    ["no answer", { operation: "Status", answer: {} }, /the answer must be exactly one thing, and is 0/],
    [
      "two answers",
      { operation: "Status", answer: { hang: true, delayMs: 5 } },
      /the answer must be exactly one thing, and is 2: \[delayMs, hang\]/,
    ],
    [
      "an answer that the operation cannot give",
      { operation: "PullImage", answer: { oomKilled: true } },
      /answer oomKilled is not one that PullImage can give/,
    ],
    [
      "a match of what the call does not carry",
      { operation: "ImageStatus", match: { pod: "web" }, answer: { hang: true } },
      /match pod: a call of ImageStatus .* can be matched by \[image\]/,
    ],
    ["an unknown code", { operation: "Status", answer: { error: "no", code: "Gone" } }, /code "Gone" is not the name/],
  ])("%s is refused with words that say which", async (_, fault, words) => {
    await kubelet.faults.add(fault as unknown as Fault).then(
      () => Promise.reject(new Error("it was taken")),
      (error: Error) => {
        if (!(error.message.includes("400") && words.test(error.message))) throw error;
      },
    );
  });

  const pathOf = (pod: ApiObject) => `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;

  function startPod(namespace: string, container: object = {}, name = "pod", node = "faulty"): Promise<ApiObject> {
    return cluster.api.create(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "main", image: "registry.k8s.io/pause:3.10", ...container }],
      },
    });
  }

  const seen = async (pod: ApiObject) => JSON.stringify((await cluster.api.get(pathOf(pod))).status);

  async function running(pod: ApiObject): Promise<void> {
    let last = "";
    await eventually(
      `${pathOf(pod)} to run`,
      60_000,
      async () => {
        last = await seen(pod);
        return isRunning(await cluster.api.get(pathOf(pod))) || undefined;
      },
      () => last,
    );
  }

  async function gone(pod: ApiObject): Promise<void> {
    await eventually(
      `${pathOf(pod)} to be gone`,
      60_000,
      async () => (await cluster.api.find(pathOf(pod))) === undefined || undefined,
    );
  }

  function rejected(pod: ApiObject): Promise<ApiObject> {
    return eventually(`${pathOf(pod)} to be rejected`, 30_000, async () => {
      const found = await cluster.api.get(pathOf(pod));
      return found.status.phase === "Failed" ? found : undefined;
    });
  }

  /** Answers the message. */
  function waiting(pod: ApiObject, reason: string): Promise<string> {
    let last = "";
    return eventually(
      `${pathOf(pod)} to wait for ${reason}`,
      60_000,
      async () => {
        const { status } = await cluster.api.get(pathOf(pod));
        last = JSON.stringify(status);
        const state = status.containerStatuses?.[0]?.state.waiting;
        return state?.reason === reason ? (state.message ?? "") : undefined;
      },
      () => last,
    );
  }

  async function eventOf(expect: ExpectStatic, namespace: string, reason: string, words: string): Promise<void> {
    const events = async () =>
      (await cluster.api.list(`/api/v1/namespaces/${namespace}/events`)) as readonly unknown[] as {
        reason: string;
        message: string;
      }[];
    await eventually(`an event ${reason} in ${namespace}`, 60_000, async () => {
      const found = (await events()).filter((event) => event.reason === reason);
      return found.some(({ message }) => message.includes(words)) || undefined;
    }).catch(async () => expect((await events()).map(({ message }) => message)).toContain(words));
  }

  async function nodeReady(node: string, status: string, message: string): Promise<void> {
    let last = "";
    await eventually(
      `the node ${node} to be Ready=${status}: ${message}`,
      90_000,
      async () => {
        const { conditions } = (await cluster.api.get(`/api/v1/nodes/${node}`)).status;
        const ready = conditions.find(({ type }: { type: string }) => type === "Ready");
        last = JSON.stringify(ready);
        return (ready.status === status && ready.message.includes(message)) || undefined;
      },
      () => last,
    );
  }

  const heldOf = async (namespace: string) =>
    (await kubelet.runtime()).containers.filter((container) => container.namespace === namespace);
  const grpc = (code: string, text: string) => `rpc error: code = ${code} desc = ${text}`;
});
