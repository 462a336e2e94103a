import type { Signal } from "../../shared/delta/delta.ts";
import { nodeHealer } from "../../shared/heal/node-healer.ts";
import { dispatcherName, type FunctionSettings } from "./function-settings.ts";
import { logicalId, queueNameOf, type StackParameters } from "./names.ts";

/** Which healers hear of a signal, compiled into the dispatcher's environment, so that functions never import each other. */
function routingTable(functions: readonly FunctionSettings[]): Readonly<Partial<Record<Signal, readonly string[]>>> {
  const routes: Partial<Record<Signal, string[]>> = {};
  for (const { name, signals } of functions) {
    for (const signal of signals) {
      const healers = routes[signal] ?? [];
      healers.push(name);
      routes[signal] = healers;
    }
  }
  return routes;
}

/** The `functions:` of `serverless.yml`. */
export function lambdaFunctions(
  functions: readonly FunctionSettings[],
  parameters: StackParameters,
): Readonly<Record<string, object>> {
  return Object.fromEntries(
    functions.map((settings) => [settings.name, lambdaFunction(settings, functions, parameters)]),
  );
}

function lambdaFunction(
  settings: FunctionSettings,
  functions: readonly FunctionSettings[],
  parameters: StackParameters,
): object {
  const { name } = settings;
  return {
    name: `${parameters.prefix}-${name}`,
    handler: `.build/${name}/index.handler`,
    memorySize: settings.memorySize,
    timeout: settings.timeoutSeconds,
    // Not by its plain id: osls would add a dependency that the reference already makes, and cfn-lint, which moto judges a template by, refuses that.
    role: { "Fn::Sub": `\${${logicalId(name, "Role")}.Arn}` },
    package: { patterns: [`.build/${name}/**`] },
    environment: {
      TABLE_PREFIX: parameters.prefix,
      QUEUE_URL: { Ref: logicalId(queueNameOf(name), "Queue") },
      QUARANTINE_QUEUE_URL: { Ref: "QuarantineQueue" },
      KNITBONE_POLICY: JSON.stringify(parameters.policy[name] ?? {}),
      // 1: no timing is divided. Only the local stack sets another (`design.md` §10).
      KNITBONE_LAB: "1",
      KNITBONE_VERSION: parameters.version,
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: "Knitbone",
      POWERTOOLS_LOG_LEVEL: parameters.logLevel,
      POWERTOOLS_LOGGER_SAMPLE_RATE: String(parameters.logSampleRate),
      ...(name === dispatcherName ? routes(functions) : { NODE_QUEUE_URL: { Ref: logicalId(nodeHealer, "Queue") } }),
    },
    ...(settings.reservedConcurrency === undefined ? {} : { reservedConcurrency: settings.reservedConcurrency }),
    events: [
      {
        sqs: {
          arn: { "Fn::GetAtt": [logicalId(queueNameOf(name), "Queue"), "Arn"] },
          batchSize: settings.batchSize,
          maximumBatchingWindow: settings.batchingWindowSeconds,
          maximumConcurrency: settings.maximumConcurrency,
          functionResponseType: "ReportBatchItemFailures",
        },
      },
    ],
  };
}

/** ROUTES: {signal: [healer]}. HEALER_QUEUES: {healer: queue URL}; the URLs are only known once the queues stand. */
function routes(functions: readonly FunctionSettings[]): object {
  const entries = functions
    .filter(({ name }) => name !== dispatcherName)
    .flatMap(({ name }, index) => [
      `${index === 0 ? "" : '","'}${name}":"`,
      { Ref: logicalId(queueNameOf(name), "Queue") },
    ]);
  return {
    ROUTES: JSON.stringify(routingTable(functions)),
    HEALER_QUEUES: entries.length === 0 ? "{}" : { "Fn::Join": ["", ['{"', ...entries, '"}']] },
  };
}
