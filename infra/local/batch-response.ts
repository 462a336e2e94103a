/** What became of an invocation, before anything is read into it. */
export type InvocationResult =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "failed"; readonly errorType: string; readonly message: string }
  | { readonly kind: "timedOut"; readonly afterMs: number };

export type BatchJudgement =
  | { readonly kind: "succeeded" }
  | { readonly kind: "partly"; readonly failedIds: ReadonlySet<string> }
  | { readonly kind: "failed"; readonly because: string };

/**
 * Which messages of a batch are done, as Lambda judges a function's answer
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html):
 *
 *   answer                                                   batch
 *   threw, timed out                                         failed as a whole
 *   mapping without ReportBatchItemFailures                  succeeded, whatever was returned
 *   nothing, null, {}, an empty or null list                 succeeded
 *   a list that is no list, an entry without an id,
 *   an empty, null or unknown id                             failed as a whole
 *   known ids                                                those failed, the others succeeded
 */
export function judgeBatch(
  result: InvocationResult,
  messageIds: ReadonlySet<string>,
  partialFailures: boolean,
): BatchJudgement {
  if (result.kind === "failed") return { kind: "failed", because: `${result.errorType}: ${result.message}` };
  if (result.kind === "timedOut") return { kind: "failed", because: `timed out after ${result.afterMs} ms` };
  if (!partialFailures) return { kind: "succeeded" };
  const { value } = result;
  if (typeof value !== "object" || value === null) return { kind: "succeeded" };
  const failures = (value as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return { kind: "succeeded" };
  if (!Array.isArray(failures)) return { kind: "failed", because: "batchItemFailures is not a list" };
  if (failures.length === 0) return { kind: "succeeded" };
  const failedIds = new Set<string>();
  for (const failure of failures as readonly unknown[]) {
    const id = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (typeof id !== "string" || !messageIds.has(id)) {
      return {
        kind: "failed",
        because: `batchItemFailures names ${JSON.stringify(id ?? null)}, which is not in the batch`,
      };
    }
    failedIds.add(id);
  }
  return { kind: "partly", failedIds };
}
