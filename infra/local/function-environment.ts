import type { Writable } from "node:stream";
import { Worker } from "node:worker_threads";
import { describeError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { InvocationResult } from "./batch-response.ts";

/** The part of a Lambda context that does not change from call to call. */
export interface FunctionIdentity {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

export interface FunctionCall {
  readonly requestId: string;
  readonly event: unknown;
  readonly timeoutMs: number;
}

export type FunctionAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "returned"; readonly json: string }
  | { readonly kind: "failed"; readonly errorType: string; readonly message: string };

/** One execution environment: a thread with the function's bundle, environment variables and memory limit of its own. */
export interface FunctionEnvironment {
  /** false: ended (time-out, crash); another one is needed. */
  readonly alive: () => boolean;
  invoke(call: FunctionCall): Promise<InvocationResult>;
  end(): Promise<void>;
}

/** Lambda gives a cold start ten seconds; a busy laptop gets more. */
const initLimitMs = 30_000;

export function startFunctionEnvironment(options: {
  readonly bundle: URL;
  readonly identity: FunctionIdentity;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly clock: Clock;
  /** Takes the function's standard output and errors. */
  readonly log: Writable;
}): FunctionEnvironment {
  const { bundle, identity, environment, memoryMb, clock, log } = options;
  const worker = new Worker(new URL("./function-worker.ts", import.meta.url), {
    workerData: { bundle: bundle.href, identity },
    env: { ...environment },
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  worker.stdout.pipe(log, { end: false });
  worker.stderr.pipe(log, { end: false });

  let alive = true;
  let settle: (result: InvocationResult) => void = () => {};
  const crash = (errorType: string, message: string) => {
    alive = false;
    settle({ kind: "failed", errorType, message });
  };
  worker.on("error", (error) => crash("Runtime.ExitError", describeError(error)));
  worker.on("exit", (code) => crash("Runtime.ExitError", `the function's environment ended with ${code}`));
  const ready = new Promise<void>((resolve) => {
    worker.on("message", (answer: FunctionAnswer) => {
      if (answer.kind === "ready") resolve();
      else if (answer.kind === "returned") settle({ kind: "returned", value: JSON.parse(answer.json) });
      else settle(answer);
    });
  });

  const outcome = async (call: FunctionCall, settled: Promise<InvocationResult>): Promise<InvocationResult> => {
    const over = new AbortController();
    const first = <T>(promise: Promise<T>, ms: number) =>
      Promise.race([promise, clock.sleep(ms, over.signal).then((): "late" => "late")]);
    try {
      const begun = await first(Promise.race([ready, settled]), initLimitMs);
      if (begun === "late") return { kind: "timedOut", afterMs: initLimitMs };
      // The time limit counts from here, as Lambda's does: loading the bundle is not the call's.
      if (begun === undefined) worker.postMessage(call);
      const result = await first(settled, call.timeoutMs);
      return result === "late" ? { kind: "timedOut", afterMs: call.timeoutMs } : result;
    } finally {
      over.abort();
    }
  };

  return {
    alive: () => alive,
    async invoke(call) {
      const settled = new Promise<InvocationResult>((resolve) => {
        settle = resolve;
      });
      if (!alive) return { kind: "failed", errorType: "Runtime.ExitError", message: "the environment has ended" };
      const result = await outcome(call, settled);
      if (result.kind === "timedOut") {
        alive = false;
        await worker.terminate();
      }
      return result;
    },
    async end() {
      alive = false;
      await worker.terminate();
    },
  };
}
