import type { Random } from "../../../shared/random/random.ts";
import { ApiError, type ApiObject } from "../api-client.ts";
import type { ControlPlane } from "../control-plane.ts";
import { sleep } from "../wait.ts";
import type { Debt } from "./debt.ts";
import { barePod, fleetNamespace } from "./fleet.ts";

/** How often each thing is done, per second. Each is done to another object. */
export const disturbancesPerSecond = {
  /** A running pod is deleted, and its controller makes it anew: six or seven states that the forwarder reads, none of them a suspect. */
  replaced: 5,
  /** A running pod is evicted as a kubelet would (phase Failed). Every second one is deleted a minute later. */
  failed: 1.5,
  /** A node says Ready=False, and 20 s later, unless the churn is over, Ready=True. Ten of its pods become unready with it. */
  notReady: 0.5,
  /** A pod is deleted on a node that never lets go of it. Every second one is force-deleted 40 s later. */
  overdue: 0.5,
  /** A pod that no node will have. Every second one is deleted after 130 s. */
  unscheduled: 0.5,
  /** A pod that is bound, and nobody looks at. The same. */
  silent: 0.5,
} as const;

export type Disturbance = keyof typeof disturbancesPerSecond;

/** What needs 90 s to show is begun until this long before the end. */
const slowOnesMs = 110_000;

export interface ChurnOptions {
  readonly plane: ControlPlane;
  readonly forMs: number;
  readonly random: Random;
  /** Names of nodes that become NotReady, and of others, on which bare pods are bound. */
  readonly flipping: readonly string[];
  readonly steady: readonly string[];
  /** Called every second with what was done so far. */
  readonly tick: (done: Readonly<Record<Disturbance, number>>) => void;
}

export interface Churned {
  readonly done: Readonly<Record<Disturbance, number>>;
  readonly debts: readonly Debt[];
  /** Until the last of what was begun was done. */
  readonly tookMs: number;
}

/** Disturbs the fleet at a steady rate. Throws the first refusal of the API server at the end. */
export async function churn(options: ChurnOptions): Promise<Churned> {
  const { plane, forMs, random, tick } = options;
  const { api } = plane;
  const done: Record<Disturbance, number> = {
    replaced: 0,
    failed: 0,
    notReady: 0,
    overdue: 0,
    unscheduled: 0,
    silent: 0,
  };
  const begun: Record<Disturbance, number> = { ...done };
  const debts: Debt[] = [];
  const running = new Set<Promise<void>>();
  const refusals: unknown[] = [];
  let followUps: { readonly at: number; readonly run: () => Promise<void> }[] = [];
  const pods = shuffled(await api.list(`/api/v1/namespaces/${fleetNamespace}/pods`), random);
  // Not on nodes whose pods the node lifecycle controller and KWOK write to: what they meant for a running pod could come after its end.
  const calm = (pod: ApiObject) => !options.flipping.includes(pod.spec.nodeName);
  const toFail = pods.filter(calm).slice(0, pods.length / 2);
  const failing = new Set(toFail);
  const toReplace = pods.filter((pod) => !failing.has(pod));
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;

  const start = (job: () => Promise<void>) => {
    const promise: Promise<void> = job()
      .catch((error: unknown) => {
        refusals.push(error);
      })
      .finally(() => running.delete(promise));
    running.add(promise);
  };
  const later = (afterMs: number, run: () => Promise<void>) => followUps.push({ at: elapsed() + afterMs, run });
  const owe = (debt: Debt) => debts.push(debt);
  const podPath = (name: string) => `/api/v1/namespaces/${fleetNamespace}/pods/${name}`;
  const next = <T>(from: T[], what: string): T => {
    const taken = from.pop();
    if (taken === undefined) throw new Error(`disturbing the fleet: no ${what} left`);
    return taken;
  };

  /**
   * Ends it at once, as who clears up by hand does. Owes nothing when it is no suspect any more: a KWOK that is late writes its Running over our
   * Failed, as a resumed kubelet would.
   */
  async function forceDelete(name: string, isSick: (pod: ApiObject) => boolean = () => true): Promise<void> {
    const pod = await api.get(podPath(name));
    if (!isSick(pod)) return;
    const { uid, resourceVersion } = pod.metadata;
    try {
      await api.delete(podPath(name), { gracePeriodSeconds: 0, preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return;
      throw error;
    }
    owe({
      what: "suspect deleted",
      object: { kind: "Pod", name, uid },
      owes: "gone",
      since: { kind: "write", verb: "delete" },
    });
  }

  const flipping = [...options.flipping];
  const steady = shuffled(options.steady, random);
  const onSteady = (count: number): string => steady[count % steady.length] ?? "";

  const makePod = (disturbance: Disturbance, count: number, rest: Omit<Parameters<typeof barePod>[0], "name">) =>
    api.create(`/api/v1/namespaces/${fleetNamespace}/pods`, barePod({ name: `${disturbance}-${count}`, ...rest }));

  async function leaveWaiting(disturbance: "unscheduled" | "silent", count: number): Promise<void> {
    const pod = await makePod(
      disturbance,
      count,
      disturbance === "silent" ? { boundTo: onSteady(count), kubelet: "silent" } : {},
    );
    const { name, uid, creationTimestamp } = pod.metadata;
    owe({
      what: `pod ${disturbance}`,
      object: { kind: "Pod", name, uid },
      owes: "suspect",
      signal: disturbance === "silent" ? "PodSilent" : "PodUnscheduled",
      since: { kind: "timer", at: Date.parse(creationTimestamp) + 90_000 },
    });
    if (count % 2 === 0) later(130_000, () => forceDelete(name));
  }

  async function setReady(name: string, ready: boolean): Promise<ApiObject> {
    const words = ready
      ? { status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { status: "False", reason: "KubeletNotReady", message: "container runtime is down" };
    const at = new Date().toISOString();
    const condition = { type: "Ready", ...words, lastHeartbeatTime: at, lastTransitionTime: at };
    const node = await api.patch(`/api/v1/nodes/${name}/status`, "strategic-merge", {
      status: { conditions: [condition] },
    });
    const { uid, resourceVersion } = node.metadata;
    owe({
      what: ready ? "node ready again" : "node not ready",
      object: { kind: "Node", name, uid },
      owes: ready ? "recovered" : "suspect",
      ...(ready ? {} : { signal: "NodeNotReady" as const }),
      since: { kind: "write", verb: "patch", resourceVersion },
    });
    return node;
  }

  const disturb: Readonly<Record<Disturbance, (count: number) => Promise<void>>> = {
    async replaced() {
      await api.delete(podPath(next(toReplace, "pod").metadata.name));
    },
    async failed(count) {
      const { name } = next(toFail, "pod").metadata;
      const notReady = (type: string) => ({
        type,
        status: "False",
        reason: "PodFailed",
        lastTransitionTime: new Date().toISOString(),
      });
      const pod = await api.patch(`${podPath(name)}/status`, "strategic-merge", {
        status: {
          phase: "Failed",
          reason: "Evicted",
          message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi.",
          conditions: [notReady("Ready"), notReady("ContainersReady")],
        },
      });
      const { uid, resourceVersion } = pod.metadata;
      owe({
        what: "pod failed",
        object: { kind: "Pod", name, uid },
        owes: "suspect",
        signal: "PodFailed",
        since: { kind: "write", verb: "patch", resourceVersion },
      });
      if (count % 2 !== 0) return;
      later(60_000, () => forceDelete(name, ({ status }) => status.phase === "Failed"));
    },
    async notReady() {
      const name = next(flipping, "node");
      await setReady(name, false);
      later(20_000, async () => {
        await setReady(name, true);
      });
    },
    async overdue(count) {
      const { metadata } = await makePod("overdue", count, { boundTo: onSteady(count), kubelet: "never-deletes" });
      later(5_000, async () => {
        await api.delete(podPath(metadata.name), { gracePeriodSeconds: 1 });
        const pod = await api.get(podPath(metadata.name));
        owe({
          what: "pod overdue",
          object: { kind: "Pod", name: metadata.name, uid: metadata.uid },
          owes: "suspect",
          signal: "PodOverdue",
          since: { kind: "timer", at: Date.parse(pod.metadata.deletionTimestamp ?? "") },
        });
        if (count % 2 === 0) later(40_000, () => forceDelete(metadata.name));
      });
    },
    unscheduled: (count) => leaveWaiting("unscheduled", count),
    silent: (count) => leaveWaiting("silent", count),
  };
  const slow: ReadonlySet<Disturbance> = new Set(["unscheduled", "silent"]);

  while (elapsed() < forMs) {
    for (const name of Object.keys(disturb) as Disturbance[]) {
      const until = slow.has(name) ? Math.min(elapsed(), forMs - slowOnesMs) : elapsed();
      while (begun[name] < Math.floor((until / 1_000) * disturbancesPerSecond[name])) {
        const count = begun[name];
        begun[name] += 1;
        start(async () => {
          await disturb[name](count);
          done[name] += 1;
        });
      }
    }
    const due = followUps.filter(({ at }) => at <= elapsed());
    followUps = followUps.filter((each) => !due.includes(each));
    for (const { run } of due) start(run);
    tick(done);
    await sleep(250);
  }
  await Promise.all(running);
  if (refusals.length > 0) throw new Error(`disturbing the fleet: ${refusals.length} refused`, { cause: refusals[0] });
  return { done, debts, tookMs: elapsed() };
}

/** A new array, in an order that only the seed knows. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
