import { fileURLToPath } from "node:url";
import { type RunningForwarder, startForwarder } from "../../functions/forwarder/forwarder.ts";
import { forwarderSettings } from "../../functions/forwarder/settings.ts";
import { aCluster } from "../../infra/local/cluster-model/builder.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import { knitboneRights } from "../../infra/local/demo/rights.ts";
import { releasedSignatures } from "../../shared/catalogue/release.ts";
import { storedCatalogue } from "../../shared/catalogue/stored-catalogue.ts";
import type { Cluster } from "../../shared/cluster/cluster.ts";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { httpCluster } from "../../shared/cluster/http-cluster.ts";
import { sharedSurroundings } from "../../shared/cluster/shared-surroundings.ts";
import type { Mode } from "../../shared/flag/flag.ts";
import { storedFlags } from "../../shared/flag/stored-flags.ts";
import { healerMessageVersion } from "../../shared/heal/healer-message.ts";
import { nodeHealer } from "../../shared/heal/node-healer.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import { incidentKeeper } from "../../shared/incident/keeper.ts";
import { dispatcherBatches } from "../../shared/lambda/dispatcher-handler.ts";
import { healerBatches } from "../../shared/lambda/handler.ts";
import { type Metrics, silentLog } from "../../shared/log/log.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { seconds } from "../../shared/time/duration.ts";
import { aRegisteredCluster } from "../build/cluster-state.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { type ManualClock, manualClock } from "../fakes/manual-clock.ts";
import { type MemoryQueue, memoryQueue } from "../fakes/memory-queue.ts";
import { stepped, steppingProcess } from "../fakes/stepping-process.ts";
import { modelConnection } from "../unit/functions/forwarder/model-connection.ts";
import { sentStamp } from "./audit.ts";
import { type Chronicle, chronicle } from "./chronicle.ts";
import { type Container, type EventSource, eventSource, timeLimitMs } from "./event-source.ts";
import type { Knobs } from "./knobs.ts";
import { type ProcessLife, processLife } from "./process-life.ts";
import { healers, lab, makeDispatcher, routes } from "./product.ts";
import { memoryTables, recorded, type Tables, unrulyTables } from "./tables.ts";
import { unrulyConnection } from "./unruly-connection.ts";
import { unrulyQueue } from "./unruly-queue.ts";
import { type Weather, weather as weatherOf } from "./weather.ts";

const clusterId = "eu-1";
const tickMs = 500;
const noMetrics: Metrics = { count: () => {} };
const root = fileURLToPath(new URL("../..", import.meta.url));
const rights = knitboneRights(root);
/** As the template has it. */
const maxReceiveCount = 5;

/** Takes a part of the product's surroundings away, to see that the oracle notices. */
export interface Sabotage {
  readonly connection?: (connection: ApiConnection) => ApiConnection;
  readonly cluster?: (cluster: Cluster) => Cluster;
  readonly deps?: (deps: PipelineDeps) => PipelineDeps;
}

/** Everything of one run in one process and on one clock: a cluster, its forwarder, queues, functions, tables. */
export interface World {
  readonly clock: ManualClock;
  readonly model: ClusterModel;
  readonly weather: Weather;
  readonly chronicle: Chronicle;
  readonly tables: Tables;
  setMode(mode: Mode): Promise<void>;
  /** The forwarder's process ends without a word, and another one begins. */
  replaceForwarder(): void;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Eight nodes in two zones, so that one that is silent pulls no brake. */
const nodes = Array.from({ length: 8 }, (_, index) => ({
  name: `n${index + 1}`,
  zone: index < 4 ? "a" : "b",
  pool: "general",
  cpu: "8",
  memory: "32Gi",
  maxPods: 40,
}));

export async function aWorld(seed: number, knobs: Knobs, sabotage: Sabotage = {}): Promise<World> {
  const clock = manualClock();
  const weather = weatherOf(seed, knobs, clock);
  const random = weather.dice("product");
  const model = aCluster({
    clock,
    random: weather.dice("model"),
    name: clusterId,
    nodes,
    namespaces: ["shop", "data"],
  });
  const told = chronicle();
  const tables = memoryTables();
  const seen = unrulyTables({ ...tables, clusters: recorded(tables.clusters, told, clock) }, weather);

  const setMode = async (mode: Mode): Promise<void> => {
    weather.note(`the flag says ${mode}`);
    await tables.flagRows.set(aFlagRow({ mode, updatedAt: clock.now() }));
    told.mode.put(clock.now(), mode);
  };
  await tables.clusters.register(aRegisteredCluster({ id: clusterId, sender: "sender" }));

  const dead = memoryQueue(clock, weather.dice("queue ids"));
  const quarantine = memoryQueue(clock, weather.dice("queue ids"));
  const newQueue = (): MemoryQueue =>
    memoryQueue(clock, weather.dice("queue ids"), { redrive: { maxReceiveCount, to: dead } });
  const deltas = newQueue();
  const stored = new Map(healers.map(({ name }) => [name, newQueue()]));
  const queues = new Map([...stored].map(([name, queue]) => [name, unrulyQueue(name, queue, weather)]));
  const queueOf = (name: string): Queue => queues.get(name) ?? quarantine;

  /** When a request was sent stands in its User-Agent: what is carried out late was not sent late. */
  const connection = (client: string) => {
    const token = `token-of-${client}`;
    model.api.addToken(token, `knitbone:${client}`, rights);
    const direct = (at: Instant) => modelConnection(model, clock, token, () => `knitbone ${sentStamp(at)}`);
    return unrulyConnection((at) => sabotage.connection?.(direct(at)) ?? direct(at), weather);
  };

  const healerContainer = (healer: (typeof healers)[number]) => () => {
    const direct = httpCluster(connection(healer.name), {
      id: clusterId,
      healer: healer.name,
      clock,
      random,
      log: silentLog,
    });
    const shared = sharedSurroundings(direct, clock, healer.name === nodeHealer ? "Node" : "Pod");
    const cluster = sabotage.cluster?.(shared) ?? shared;
    const { flagRows, signatures, unknowns: _, ...stores } = seen;
    const deps: PipelineDeps = {
      ...stores,
      flags: storedFlags(flagRows, clock),
      catalogue: storedCatalogue(signatures, releasedSignatures, clock),
      connections: { connect: async () => cluster },
      queue: queueOf(healer.name),
      nodeQueue: queueOf(nodeHealer),
      quarantine,
      clock,
      random,
      log: silentLog,
      metrics: noMetrics,
      timeLimitMs,
    };
    const given = sabotage.deps?.(deps) ?? deps;
    return (life: ProcessLife): Container => {
      const handle = healer.pipeline(steppingProcess(given, life.step));
      const batches = healerBatches(async (body, record) => {
        const handled = await handle(body, record);
        weather.note(`${healer.name}: ${handled.kind}${handled.reason === undefined ? "" : ` ${handled.reason}`}`);
        return handled;
      }, silentLog);
      const endsAt = clock.now() + timeLimitMs;
      return (event) => batches(event, { getRemainingTimeInMillis: () => endsAt - clock.now() });
    };
  };

  const dispatcherContainer =
    () =>
    (life: ProcessLife): Container => {
      const dispatch = makeDispatcher({
        clusters: stepped("clusters", seen.clusters, life.step),
        lifecycles: stepped("lifecycles", seen.lifecycles, life.step),
        leaks: stepped("leaks", seen.leaks, life.step),
        unknowns: stepped("unknowns", seen.unknowns, life.step),
        queues: new Map([...queues].map(([name, queue]) => [name, stepped(name, queue, life.step)])),
        quarantine,
        catalogue: storedCatalogue(seen.signatures, releasedSignatures, clock),
        routes,
        log: silentLog,
        metrics: noMetrics,
      });
      return dispatcherBatches(dispatch, silentLog);
    };

  const sources: readonly EventSource[] = [
    eventSource({
      name: "dispatcher",
      queue: unrulyQueue("deltas", deltas, weather),
      maximumConcurrency: 3,
      start: dispatcherContainer,
      weather,
    }),
    ...healers.map((healer) =>
      eventSource({
        name: healer.name,
        queue: queueOf(healer.name),
        maximumConcurrency: healer.maximumConcurrency,
        start: healerContainer(healer),
        weather,
      }),
    ),
  ];

  const newForwarder = (): { readonly forwarder: RunningForwarder; readonly life: ProcessLife } => {
    const life = processLife("forwarder", { ...weather, knobs: () => ({ ...weather.knobs(), crashes: 0 }) });
    const forwarder = startForwarder({
      cluster: clusterId,
      connection: stepped("api", connection("forwarder"), life.step),
      queue: stepped("deltas", unrulyQueue("deltas", deltas.as("sender:forwarder"), weather), life.step),
      clock,
      random,
      log: silentLog,
      settings: forwarderSettings({}, lab),
    });
    forwarder.synced().catch(() => {});
    return { forwarder, life };
  };
  let eyes = newForwarder();

  const rounds = async (): Promise<void> => {
    const body = JSON.stringify({ v: healerMessageVersion, kind: "rounds", healer: incidentKeeper });
    await stored.get(incidentKeeper)?.send([{ body }]);
  };

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  return {
    clock,
    model,
    weather,
    chronicle: told,
    tables,
    setMode,
    replaceForwarder() {
      weather.note("the forwarder's process ends");
      eyes.life.end();
      void eyes.forwarder.stop();
      eyes = newForwarder();
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= tickMs) {
        model.step();
        for (const source of sources) source.poll();
        await settle();
        await clock.advance(tickMs);
        if (clock.monotonic() % seconds(15) === 0) await rounds();
      }
    },
    async close() {
      weather.clear();
      void eyes.forwarder.stop();
      eyes.life.end();
      await settle();
      await clock.advance(seconds(30));
      await settle();
    },
  };
}
