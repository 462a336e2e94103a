import type { Case } from "../../shared/case/case.ts";
import { releasedSignatures } from "../../shared/catalogue/release.ts";
import { storedCatalogue } from "../../shared/catalogue/stored-catalogue.ts";
import type { PoolReport } from "../../shared/delta/cluster-report.ts";
import type { Signal } from "../../shared/delta/delta.ts";
import { storedFlags } from "../../shared/flag/stored-flags.ts";
import type { Healer, HealerFacts } from "../../shared/heal/healer.ts";
import type { Handled } from "../../shared/heal/look.ts";
import { nodeHealer } from "../../shared/heal/node-healer.ts";
import { pipeline } from "../../shared/heal/pipeline.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import type { Meta } from "../../shared/kubernetes/meta.ts";
import type { Metrics } from "../../shared/log/log.ts";
import { silentLog } from "../../shared/log/log.ts";
import { seconds } from "../../shared/time/duration.ts";
import { aBrake, aClusterReport, aRegisteredCluster, aStoredReport } from "../build/cluster-state.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aSighting } from "../build/message.ts";
import { aNamespace } from "../build/namespace.ts";
import { aNode } from "../build/node.ts";
import { aDeployment, aReplicaSet } from "../build/workload.ts";
import { fakeCluster } from "../fakes/fake-cluster.ts";
import { manualClock } from "../fakes/manual-clock.ts";
import { memoryCatalogueStore } from "../fakes/memory-catalogue-store.ts";
import { memoryClusterStore } from "../fakes/memory-cluster-store.ts";
import { memoryFlagStore } from "../fakes/memory-flag-store.ts";
import { memoryQueue } from "../fakes/memory-queue.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/seeded-random.ts";

const cluster = "eu-1";

/**
 * One healer's pipeline on memory stores, over one cluster that is registered, fresh, with the brake released and the flag at `act`: everything
 * says yes, so that a story takes away exactly one thing.
 */
export async function aStage<Facts extends HealerFacts, Reason extends string>(
  healer: Healer<Facts, Reason>,
  options: {
    readonly by?: Partial<PipelineDeps>;
    /** Ids of clusters beside eu-1: registered, fresh and released as that one is. */
    readonly others?: readonly string[];
    /** What stands between the pipeline and its stores: faults, gates. */
    readonly through?: (deps: PipelineDeps) => PipelineDeps;
    /** What the forwarder's reports say of the pools; nothing when absent. */
    readonly pools?: () => readonly PoolReport[];
  } = {},
) {
  const clock = manualClock();
  const random = seededRandom(7);
  const api = fakeCluster(cluster, clock);
  const others = new Map((options.others ?? []).map((id) => [id, fakeCluster(id, clock)]));
  api.putNode(aNode());
  api.putNamespace(aNamespace({ name: "shop" }));
  api.putWorkload(aReplicaSet());
  api.putWorkload(aDeployment());

  const flagRows = memoryFlagStore();
  await flagRows.set(aFlagRow());
  const clusters = memoryClusterStore();
  await clusters.register(aRegisteredCluster());
  for (const id of others.keys()) {
    await flagRows.set(aFlagRow({ scope: id }));
    await clusters.register(aRegisteredCluster({ id }));
  }
  const queue = memoryQueue(clock, random);
  // Its own healer's messages go round; what is for another's is looked at by the story.
  const nodeQueue = healer.name === nodeHealer ? queue : memoryQueue(clock, random);
  const quarantine = memoryQueue(clock, random);
  const counted: string[] = [];
  const metrics: Metrics = {
    count: (name, _value, dimensions) => counted.push(`${name} ${JSON.stringify(dimensions ?? {})}`),
  };
  const deps: PipelineDeps = {
    ...memoryStores(),
    flags: storedFlags(flagRows, clock),
    clusters,
    catalogue: storedCatalogue(memoryCatalogueStore(), releasedSignatures, clock),
    connections: { connect: async ({ id }) => others.get(id) ?? api },
    queue,
    nodeQueue,
    quarantine,
    clock,
    random,
    log: silentLog,
    metrics,
    timeLimitMs: seconds(30),
    ...options.by,
  };
  const handle = pipeline(healer, options.through?.(deps) ?? deps);
  let sequence = 0;

  const report = async () => {
    sequence++;
    const said = aClusterReport({ pools: options.pools?.() ?? [] });
    for (const id of [cluster, ...others.keys()]) {
      await clusters.saveReport(id, aStoredReport({ sequence, sentAt: clock.now(), report: said }));
      await brake({}, id);
    }
  };
  const brake = async (members: Parameters<typeof aBrake>[0], id = cluster) => {
    const { brake: before } = await clusters.state(id);
    await clusters.replaceBrake(id, before, aBrake({ ...members, updatedAt: clock.now() }));
  };
  await report();

  const receive = (body: string, receiveCount = 1): Promise<Handled> =>
    handle(body, { messageId: random.id(), sentAt: clock.now(), receiveCount });

  return {
    clock,
    api,
    /** The others, by id. */
    others,
    deps,
    flagRows,
    clusters,
    queue,
    nodeQueue,
    quarantine,
    counted,
    receive,
    /** The forwarder's report and brake row of this moment. */
    report,
    /** Another brake from this moment on. */
    brake,
    /** The dispatcher's sighting of this object. */
    sight: (
      pod: Pick<Meta, "ref">,
      delta: "suspect" | "gone" | "recovered" = "suspect",
      { in: id = cluster, signal = "PodOverdue" as Signal } = {},
    ): Promise<Handled> =>
      receive(
        JSON.stringify(
          aSighting({
            healer: healer.name,
            cluster: id,
            object: pod.ref,
            delta,
            signals: delta === "suspect" ? [signal] : [],
            sightedAt: clock.now(),
          }),
        ),
      ),
    /** Lets time pass and hands every wake-up that became due to the pipeline, as the event-source mapping would. */
    async pass(ms: number): Promise<readonly Handled[]> {
      const results: Handled[] = [];
      const end = clock.now() + ms;
      while (clock.now() < end) {
        await clock.advance(Math.min(seconds(1), end - clock.now()));
        if (clock.now() % 30_000 === 0) await report();
        const due = await queue.receive({ limit: 10, waitMs: 0, visibilityMs: 180_000 });
        for (const message of due) {
          results.push(await receive(message.body));
          await queue.acknowledge([message.receipt]);
        }
      }
      return results;
    },
    async caseOf(uid: string, healerName = healer.name, id = cluster): Promise<Case | undefined> {
      return deps.cases.load({ healer: healerName, cluster: id, uid });
    },
  };
}

export type Stage = Awaited<ReturnType<typeof aStage>>;
