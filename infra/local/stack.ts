import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { startEventSourceMapping } from "./event-source-mapping.ts";
import { functionRuntime } from "./function-runtime.ts";
import { polledQueue } from "./queue-server/polled-queue.ts";
import type { QueueDatabase } from "./queue-server/queue-database.ts";
import { startQueues } from "./queues.ts";
import { startSchedule } from "./schedule.ts";
import type { StateDirectory } from "./state-directory.ts";
import { startTables } from "./tables.ts";
import { type MappingSpec, type StackSpec, stackOfTemplate } from "./template.ts";

export interface LocalStack {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string };
  readonly region: string;
  /** Before every table and queue name, as the template says. */
  readonly prefix: string;
  readonly queues: QueueDatabase;
  readonly queueUrl: (name: string) => string;
  /** From now on rules send what they send on a schedule: to be called once, when there are clusters to look at. */
  startSchedules(): void;
  /** Lets running invocations end, then ends everything. */
  stop(): Promise<void>;
}

const localRegion = "local";
const accountId = "000000000000";

/** Two environments per function are enough for two cores; Lambda's own concurrency is for the account. */
const mostEnvironments = 2;

/** The deployed stack on this machine: the template's tables, queues, functions and event-source mappings. */
export async function startLocalStack(options: {
  readonly state: StateDirectory;
  readonly template: unknown;
  readonly bundleOf: (folder: string) => URL;
  /** 1 outside the lab. */
  readonly lab: number;
  /** Knobs by healer that replace the template's. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Variables of this process that functions may see: where programs and the home directory are. */
  readonly inherited: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A store failed (a full disk): nothing more will be acknowledged, the stack has to end. */
  readonly onFailure: (error: unknown) => void;
}): Promise<LocalStack> {
  const { state, template, bundleOf, lab, policy = {}, inherited, clock, random, log, onFailure } = options;
  const queues = await startQueues({ file: state.file("queues.db"), accountId, clock, random, onFailure });
  const spec = stackOfTemplate(template, { region: localRegion, accountId, queueUrl: queues.queueUrl });
  queues.database.declare(spec.queues);
  const directory = state.file("tables");
  const tables = await startTables({ directory, region: localRegion, tables: spec.tables, onFailure });
  const endpoints = { dynamodb: tables.endpoint, sqs: queues.endpoint };

  const environment = {
    ...inherited,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    KNITBONE_LAB: String(lab),
  };
  const runtimes = new Map(
    spec.functions.map((fn) => [
      fn.name,
      functionRuntime({
        spec: fn,
        bundle: bundleOf(fn.folder),
        environment: {
          ...environment,
          ...(fn.folder in policy ? { KNITBONE_POLICY: JSON.stringify(policy[fn.folder]) } : {}),
        },
        region: localRegion,
        accountId,
        logDirectory: state.file("log"),
        clock,
        random,
      }),
    ]),
  );
  for (const runtime of runtimes.values()) runtime.warm();
  const mappings = spec.mappings.map((mapping) =>
    startEventSourceMapping({
      queue: polledQueue(queues.database, mapping.queue, clock),
      settings: settingsOf(mapping, spec),
      invoke: async (event) =>
        (await runtimes.get(mapping.functionName)?.invoke(event)) ?? {
          kind: "failed",
          errorType: "ResourceNotFoundException",
          message: `Function not found: ${mapping.functionName}`,
        },
      clock,
      log: log.with({ function: mapping.functionName }),
    }),
  );

  const schedules: ReturnType<typeof startSchedule>[] = [];

  return {
    endpoints,
    region: localRegion,
    prefix: spec.functions[0]?.environment["TABLE_PREFIX"] ?? "knitbone",
    queues: queues.database,
    queueUrl: queues.queueUrl,
    startSchedules() {
      for (const schedule of spec.schedules) {
        schedules.push(startSchedule({ spec: schedule, queues: queues.database, lab, clock, onFailure }));
      }
    },
    async stop() {
      await Promise.all(schedules.map((schedule) => schedule.stop()));
      await Promise.all(mappings.map((mapping) => mapping.stop()));
      await Promise.all([...runtimes.values()].map((runtime) => runtime.stop()));
      await queues.close();
      await tables.close();
    },
  };
}

function settingsOf(mapping: MappingSpec, spec: StackSpec) {
  return {
    batchSize: mapping.batchSize,
    windowMs: mapping.windowMs,
    partialFailures: mapping.partialFailures,
    concurrency: Math.min(mapping.maximumConcurrency ?? mostEnvironments, mostEnvironments),
    visibilityMs: spec.queues.find(({ name }) => name === mapping.queue)?.visibilityMs ?? 0,
    sourceArn: `arn:aws:sqs:${localRegion}:${accountId}:${mapping.queue}`,
    region: localRegion,
  };
}
