import type { RegisteredCluster } from "../../shared/cluster/registered-cluster.ts";
import { type ClusterFlags, describeCluster } from "./cluster-flags.ts";
import type { Desk, Place, Stores } from "./desk.ts";
import { checkClusterId } from "./scope.ts";
import { UsageError } from "./usage-error.ts";

export async function addCluster(desk: Desk, id: string, options: Place & ClusterFlags): Promise<void> {
  checkClusterId(id);
  const described = describeCluster(options);
  const stores = await desk.open(options);
  if (described.authentication.kind === "kubeconfig" && !stores.local) {
    throw new UsageError(
      "--kubeconfig is for a stack of this machine only; a deployed one takes --eks or --token-secret",
    );
  }
  const { registered } = await stores.clusters.state(id);
  if (registered !== undefined) {
    // Another endpoint must never meet the old one's credentials, reports and breaker (`safety.md` §5.4).
    throw new UsageError(
      `cluster ${id} is registered already (${registered.endpoint}); to change it: cluster remove ${id}, then add it again`,
    );
  }
  const speaksFor = await stores.clusters.clusterOfSender(described.sender);
  if (speaksFor !== undefined) {
    throw new UsageError(
      `--sender ${described.sender} already speaks for cluster ${speaksFor}: each cluster needs its own`,
    );
  }
  const cluster: RegisteredCluster = { id, ...described, registeredAt: desk.clock.now() };
  await stores.clusters.register(cluster);
  desk.out(`cluster ${id} added (${cluster.endpoint}); it is watched once its forwarder reports as ${cluster.sender}`);
}

export async function removeCluster(desk: Desk, id: string, options: Place): Promise<void> {
  checkClusterId(id);
  const { clusters } = await desk.open(options);
  if ((await clusters.remove(id)) === "absent") {
    throw new UsageError(`cluster ${id} is not registered (${await registeredWords(clusters)})`);
  }
  desk.out(`cluster ${id} removed, with everything known of it; its flags, cases and actions stay`);
}

export async function registeredWords(clusters: Stores["clusters"]): Promise<string> {
  const ids = (await clusters.list()).filter(({ registered }) => registered !== undefined).map(({ id }) => id);
  return ids.length === 0 ? "no cluster is" : `registered: ${ids.join(", ")}`;
}
