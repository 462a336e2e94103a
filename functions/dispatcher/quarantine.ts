import type { MalformedCode } from "../../shared/delta/forwarder-message.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { Log, Metrics } from "../../shared/log/log.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import type { IncomingRecord } from "./incoming-record.ts";

/** Room for the attributes within SQS's 1 MiB; whatever is longer was refused for its length. */
const bodyLimit = 256 * 1_024;
const detailLimit = 256;

/** Keeps the body with its code and detail as attributes. Throws when the queue does not take it: the record comes again. */
export type Quarantine = (record: IncomingRecord, code: MalformedCode, detail: string) => Promise<void>;

export function quarantine(deps: { readonly queue: Queue; readonly log: Log; readonly metrics: Metrics }): Quarantine {
  return async (record, code, detail) => {
    const { messageId, senderId, body } = record;
    const [result] = await deps.queue.send([
      {
        body: body.slice(0, bodyLimit) || "(empty)",
        attributes: {
          code,
          detail: detail.slice(0, detailLimit) || code,
          sender: senderId || "(none)",
          messageId,
          ...(body.length > bodyLimit ? { cutFrom: String(body.length) } : {}),
        },
      },
    ]);
    if (result?.kind !== "sent") {
      throw new KnitboneError("QueueUnavailable", `quarantining message ${messageId}: ${result?.code ?? "no answer"}`, {
        retryable: true,
      });
    }
    deps.log.error("Message quarantined", { code, detail, sender: senderId, messageId });
    deps.metrics.count("Quarantined", 1, { code });
  };
}
