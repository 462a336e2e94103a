import { createWriteStream } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { InvocationResult } from "./batch-response.ts";
import { type FunctionEnvironment, startFunctionEnvironment } from "./function-environment.ts";
import type { FunctionSpec } from "./template.ts";

export interface FunctionRuntime {
  /** Runs one event in a free environment, making one if there is none. Callers bound how many run at the same time. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Loads the bundle before the first event, so that it does not wait for it. */
  warm(): void;
  stop(): Promise<void>;
}

/** One function of the stack, run as Lambda runs it: execution environments that are kept and used one call at a time. */
export function functionRuntime(options: {
  readonly spec: FunctionSpec;
  readonly bundle: URL;
  /** What the place adds to the template's variables: endpoints, credentials, lab. */
  readonly environment: Readonly<Record<string, string>>;
  readonly region: string;
  readonly accountId: string;
  readonly logDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
}): FunctionRuntime {
  const { spec, bundle, region, accountId, clock, random } = options;
  const log = createWriteStream(join(options.logDirectory, `${spec.folder}.jsonl`), { flags: "a" });
  // A full disk must not end the stack through its log: what is lost here are only lines.
  log.on("error", () => {});
  const free: FunctionEnvironment[] = [];
  const all = new Set<FunctionEnvironment>();

  const start = (): FunctionEnvironment => {
    const environment = startFunctionEnvironment({
      bundle,
      identity: {
        functionName: spec.name,
        functionVersion: "$LATEST",
        invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${spec.name}`,
        memoryLimitInMB: String(spec.memoryMb),
        logGroupName: `/aws/lambda/${spec.name}`,
        logStreamName: `local/${random.id()}`,
      },
      environment: {
        ...spec.environment,
        AWS_REGION: region,
        AWS_LAMBDA_FUNCTION_NAME: spec.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
        AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
        AWS_ACCESS_KEY_ID: `function-${spec.folder}`,
        AWS_SECRET_ACCESS_KEY: "local",
        ...options.environment,
      },
      memoryMb: spec.memoryMb,
      clock,
      log,
    });
    all.add(environment);
    return environment;
  };

  const take = (): FunctionEnvironment => {
    for (;;) {
      const environment = free.pop();
      if (!environment) return start();
      if (environment.alive()) return environment;
      all.delete(environment);
    }
  };

  return {
    async invoke(event) {
      const environment = take();
      const result = await environment.invoke({ requestId: random.id(), event, timeoutMs: spec.timeoutMs });
      if (environment.alive()) free.push(environment);
      else all.delete(environment);
      return result;
    },
    warm() {
      free.push(start());
    },
    async stop() {
      await Promise.all([...all].map((environment) => environment.end()));
      await new Promise<void>((resolve) => log.end(() => resolve()));
    },
  };
}
