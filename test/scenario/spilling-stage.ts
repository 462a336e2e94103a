import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { aPooledDeployment } from "../build/deployment.ts";
import { anOwnerRef } from "../build/pod.ts";
import { aNodeOf, anUnschedulablePod, aPoolReport, fullPool } from "../build/spilling.ts";
import { aReplicaSet } from "../build/workload.ts";
import { spillingHealer } from "../fakes/spilling-healer.ts";
import { aStage } from "./stage.ts";

/** Pool a is full, pool b has room for exactly `replicas` pods of "web" or its like. */
export function roomFor(replicas: number): readonly PoolReport[] {
  const free = { cpu: 0.5 * replicas, memory: 8 * 2 ** 30, pods: 200 };
  return [aPoolReport("a", fullPool), aPoolReport("b", { free, largestFree: { ...free, cpu: Math.min(2, free.cpu) } })];
}

/** A stage with a healer that spills, two pools, and "web" of pool a, two of whose three pods have found no room for ten minutes. */
export async function aSpillingStage(
  options: {
    readonly pools?: () => readonly PoolReport[];
    readonly healer?: Healer;
    readonly through?: (deps: PipelineDeps) => PipelineDeps;
  } = {},
) {
  const { healer = spillingHealer(), pools = () => roomFor(4), through } = options;
  const stage = await aStage(healer, { pools, ...(through === undefined ? {} : { through }) });
  const { api } = stage;
  for (const node of [aNodeOf("a"), aNodeOf("b"), aNodeOf("b", { name: "b2" })]) api.putNode(node);
  const pods = new Map<string, readonly PodFacts[]>();

  /** A Deployment as it is now, with that many pods that lack room. */
  const put = (deployment: DeploymentFacts, lacking: number) => {
    const { name, uid } = deployment.ref;
    const set = aReplicaSet({ name: `${name}-5d9c`, owner: anOwnerRef({ kind: "Deployment", name, uid }) });
    api.putWorkload(set);
    api.putDeployment(deployment);
    for (const each of pods.get(name) ?? []) api.removePod(each);
    const now = Array.from({ length: lacking }, (_, at) =>
      anUnschedulablePod({ name: `${name}-${at}`, owner: anOwnerRef({ name: set.ref.name, uid: set.ref.uid }) }),
    );
    for (const each of now) api.putPod(each);
    pods.set(name, now);
    return deployment;
  };
  const web = put(aPooledDeployment(), 2);
  return {
    ...stage,
    web,
    put,
    spill: async (name = "web-spill") => {
      const found = await api.deployment("shop", name);
      return found.kind === "found" ? found.object : undefined;
    },
    verdictOf: async (uid = web.ref.uid) => {
      const verdict = (await stage.caseOf(uid))?.verdict;
      return verdict === undefined ? undefined : `${verdict.kind} ${verdict.reason}`;
    },
    actions: async () => {
      const actions = [...(await stage.deps.ledger.list())].sort((a, b) => a.plannedAt - b.plannedAt);
      return actions.map(({ heal, outcome, verifiedAt }) => [heal.kind, outcome?.kind, verifiedAt !== undefined]);
    },
  };
}
