import { QueueFailure } from "./queue-failure.ts";
import { limits, type QueueInput } from "./queue-input.ts";

export function entriesOf(input: QueueInput): readonly QueueInput[] {
  const entries = input["Entries"];
  const prefix = "AWS.SimpleQueueService.";
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new QueueFailure("EmptyBatchRequest", "The batch request has no entries.", `${prefix}EmptyBatchRequest`);
  }
  if (entries.length > limits.entries) {
    const words = `Maximum number of entries per request are ${limits.entries}. You have sent ${entries.length}.`;
    throw new QueueFailure("TooManyEntriesInBatchRequest", words, `${prefix}TooManyEntriesInBatchRequest`);
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    const words = "Two or more batch entries in the request have the same Id.";
    throw new QueueFailure("BatchEntryIdsNotDistinct", words, `${prefix}BatchEntryIdsNotDistinct`);
  }
  return entries;
}

type Judged<T> =
  | { readonly kind: "fine"; readonly id: string; readonly value: T }
  | { readonly kind: "refused"; readonly id: string; readonly failure: QueueFailure };

export function judge<T>(id: unknown, work: () => T): Judged<T> {
  try {
    return { kind: "fine", id: String(id), value: work() };
  } catch (error) {
    if (error instanceof QueueFailure) return { kind: "refused", id: String(id), failure: error };
    throw error;
  }
}

export function batchAnswer(
  judged: readonly (
    | { readonly kind: "fine"; readonly id: string; readonly answer: object }
    | Extract<Judged<never>, { kind: "refused" }>
  )[],
) {
  return {
    Successful: judged.flatMap((each) => (each.kind === "fine" ? [{ Id: each.id, ...each.answer }] : [])),
    Failed: judged.flatMap((each) =>
      each.kind === "refused"
        ? [{ Id: each.id, SenderFault: true, Code: each.failure.code, Message: each.failure.message }]
        : [],
    ),
  };
}
