import { rmSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { Random } from "../../../shared/random/random.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { aCluster } from "../cluster-model/builder.ts";
import { drive } from "../cluster-model/driver.ts";
import type { NodeShape } from "../cluster-model/kubelet/node-status.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import { type PastClock, pastClock } from "./past-clock.ts";
import { knitboneRights } from "./rights.ts";

export type DemoCluster = "north" | "south" | "east" | "west";

/** Pods break in the first two, nodes in the others: what is marked there must be few among many. */
export const demoClusters: readonly DemoCluster[] = ["north", "south", "east", "west"];

/** Simulated clusters that answer on loopback. */
export interface Stage {
  readonly models: Readonly<Record<DemoCluster, ClusterModel>>;
  /** A kubeconfig with a context per cluster, named like it. */
  readonly kubeconfig: string;
  /** Lets the clusters live up to the present, with `happened` at the given age of the present; from then on they live by themselves. */
  liveUpToNow(happened: readonly PastEvent[]): void;
  open(): Promise<void>;
  stop(): Promise<void>;
}

export interface PastEvent {
  /** How long before the present. */
  readonly agoMs: number;
  readonly happen: (models: Stage["models"]) => void;
}

/** Longer than what the healers ask of a node's record: Failed pods count only where the node has been Ready for five minutes. */
const historyMs = 12 * 60_000;
/** Kubelets renew their leases every 10 s: larger steps would look like silence. */
const historyStepMs = 5_000;
const small = ["a", "a", "b", "b", "c"];
/** Two nodes that are not ready at the same time are less than a tenth: no brake, which halves budgets from there on. */
const large = Array.from({ length: 24 }, (_, index) => ["a", "b", "c"][Math.floor(index / 8)] ?? "a");
const zonesOf: Readonly<Record<DemoCluster, readonly string[]>> = {
  north: small,
  south: small,
  east: large,
  west: large,
};
/** Nodes that are not like the others. */
const special: Readonly<Record<string, Partial<NodeShape>>> = {
  "north-2": { extended: { "example.com/gpu": "2" } },
  // To be filled.
  "north-4": { maxPods: 9 },
};

export function demoStage(options: {
  /** The repository: what Knitbone may do in a cluster is said there. */
  readonly root: string;
  readonly kubeconfig: string;
  readonly clock: Clock;
  readonly random: Random;
}): Stage {
  const { root, kubeconfig, clock, random } = options;
  const time = pastClock(clock, historyMs);
  const cluster = (name: DemoCluster) =>
    aCluster({
      clock: time,
      random,
      name,
      nodes: zonesOf[name].map((zone, index) => ({
        name: `${name}-${index + 1}`,
        zone: `${name}-${zone}`,
        pool: "general",
        cpu: "8",
        memory: "32Gi",
        maxPods: 30,
        ...special[`${name}-${index + 1}`],
      })),
    });
  const models = {
    north: cluster("north"),
    south: cluster("south"),
    east: cluster("east"),
    west: cluster("west"),
  };
  const all = Object.values(models);
  const closing: (() => Promise<void>)[] = [];

  return {
    models,
    kubeconfig,
    liveUpToNow(happened) {
      passHistory(time, all, models, happened);
      const driver = drive(all, clock);
      closing.push(() => driver.stop());
    },
    async open() {
      const contexts: { name: DemoCluster; url: string; token: string }[] = [];
      for (const name of demoClusters) {
        const face = await models[name].listen();
        closing.push(() => face.close());
        const token = random.id();
        models[name].api.addToken(token, "knitbone", knitboneRights(root));
        contexts.push({ name, url: face.url, token });
      }
      // Tokens of simulated clusters on loopback, gone with the process; still nobody else's business.
      writeFileSync(kubeconfig, stringify(kubeconfigOf(contexts)), { mode: 0o600 });
      closing.push(async () => rmSync(kubeconfig, { force: true }));
    },
    async stop() {
      for (const close of closing.splice(0)) await close();
    },
  };
}

function passHistory(
  time: PastClock,
  all: readonly ClusterModel[],
  models: Stage["models"],
  happened: readonly PastEvent[],
): void {
  const pending = happened.toSorted((a, b) => b.agoMs - a.agoMs);
  for (let agoMs = historyMs; agoMs > 0; agoMs -= historyStepMs) {
    while ((pending[0]?.agoMs ?? 0) >= agoMs) pending.shift()?.happen(models);
    for (const model of all) model.step();
    time.advance(historyStepMs);
  }
  time.arrive();
  for (const model of all) model.step();
}

function kubeconfigOf(contexts: readonly { readonly name: string; readonly url: string; readonly token: string }[]) {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": contexts[0]?.name,
    clusters: contexts.map(({ name, url }) => ({ name, cluster: { server: url } })),
    users: contexts.map(({ name, token }) => ({ name, user: { token } })),
    contexts: contexts.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
}
