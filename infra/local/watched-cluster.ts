import { type RunningForwarder, startForwarder } from "../../functions/forwarder/forwarder.ts";
import { type ForwarderSettings, forwarderSettings } from "../../functions/forwarder/settings.ts";
import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import type { FlagStore } from "../../shared/flag/flag-store.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { watchFlags } from "./flag-watch.ts";
import type { LocalStack } from "./stack.ts";
import { deltasQueue } from "./stores.ts";

export interface WatchedCluster {
  readonly id: string;
  readonly forwarder: RunningForwarder;
  stop(): Promise<void>;
}

/** Reads that one healer may make here in a second: the API server is on this machine, or a trial's. */
const readsPerSecond = 50;

/** Registers a cluster by a kubeconfig context and runs its forwarder in this process. */
export async function watchCluster(options: {
  readonly id: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly connection: ApiConnection;
  readonly lab: number;
  readonly settings?: Partial<ForwarderSettings>;
  readonly stack: LocalStack;
  readonly clusters: ClusterStore;
  readonly flags: Pick<FlagStore, "list">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<WatchedCluster> {
  const { id, kubeconfig, context, connection, lab, stack, clusters, clock } = options;
  const sender = `forwarder-${id}`;
  const { registered, report } = await clusters.state(id);
  // Another server under the same name must not meet what is known of the old one.
  if (registered !== undefined && registered.endpoint !== connection.endpoint) await clusters.remove(id);
  await clusters.register({
    id,
    sender,
    endpoint: connection.endpoint,
    authentication: { kind: "kubeconfig", file: kubeconfig, context },
    ring: 0,
    readsPerSecond,
    registeredAt: clock.now(),
  });
  const forwarder = startForwarder({
    ...options,
    cluster: id,
    queue: deltasQueue(stack, sender),
    settings: forwarderSettings(options.settings, lab),
    ...(report === undefined ? {} : { lastEpoch: report.epoch }),
  });
  const end = new AbortController();
  const flagsWatched = watchFlags(id, {
    flags: options.flags,
    clock,
    log: options.log,
    ended: end.signal,
    changed: () => forwarder.resyncNow(),
  });
  return {
    id,
    forwarder,
    async stop() {
      end.abort();
      await flagsWatched;
      await forwarder.stop();
      await connection.close();
    },
  };
}
