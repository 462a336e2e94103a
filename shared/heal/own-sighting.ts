import { KnitboneError } from "../errors.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { OutgoingMessage } from "../queue/queue.ts";
import { healerMessageVersion, type Sighting } from "./healer-message.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** A sighting that the healer sends itself: found by its round, or by its look at another object. */
export function ownSighting(
  healer: string,
  { clock }: Pick<PipelineDeps, "clock">,
  found: { readonly cluster: string; readonly object: ObjectRef; readonly traceId: string },
): Sighting {
  return {
    v: healerMessageVersion,
    kind: "sighting",
    healer,
    ...found,
    delta: "suspect",
    signals: [],
    sightedAt: clock.now(),
    byItself: true,
  };
}

/** Sends to the healer's own queue. Throws QueueUnavailable when one was not taken: all of them are sent again. */
export async function sendOwn(
  { queue }: Pick<PipelineDeps, "queue">,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const failed = (await queue.send(messages)).find((each) => each.kind === "failed");
  if (failed === undefined) return;
  throw new KnitboneError("QueueUnavailable", `sending to the healer's own queue: ${failed.code}`, { retryable: true });
}
