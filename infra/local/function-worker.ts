import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../shared/time/system-clock.ts";
import type { FunctionAnswer, FunctionCall, FunctionIdentity } from "./function-environment.ts";

/** Inside one execution environment: loads the bundle once (the cold start), then answers one call at a time. */
const { bundle, identity } = workerData as { readonly bundle: string; readonly identity: FunctionIdentity };
const port = parentPort;
if (!port) throw new Error("this file runs as a worker thread");

type Handler = (event: unknown, context: object) => Promise<unknown>;
const { handler } = (await import(bundle)) as { readonly handler?: Handler };
if (typeof handler !== "function") throw new Error(`${bundle} exports no handler`);

const answer = (message: FunctionAnswer) => port.postMessage(message);

port.on("message", (call: FunctionCall) => {
  // The parent's deadline, measured on this thread's own clock: thread clocks have different origins.
  const startedAt = systemClock.monotonic();
  const context = {
    ...identity,
    awsRequestId: call.requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, call.timeoutMs - (systemClock.monotonic() - startedAt)),
  };
  Promise.resolve()
    .then(() => handler(call.event, context))
    .then(
      // Through JSON, as Lambda does: what does not survive it does not arrive.
      (value) => answer({ kind: "returned", json: JSON.stringify(value ?? null) }),
      (error: unknown) =>
        answer({
          kind: "failed",
          errorType: error instanceof Error ? error.name : "Error",
          message: error instanceof Error ? error.message : String(error),
        }),
    );
});
answer({ kind: "ready" });
