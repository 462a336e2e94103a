/**
 * The last word on an action. The ledger's row gets its outcome from whoever carries it out, or from a later look that finds it without one. Where no look comes
 * back (a process ended in between, and the pod is well by then; people were told about a workload of which no pod is left) the row would stay open for ever:
 * this message, sent before anything is planned, closes it.
 */
import { hours, minutes } from "../time/duration.ts";
import type { HealerFacts } from "./healer.ts";
import { healerMessageVersion, type Word } from "./healer-message.ts";
import type { Handled, Look } from "./look.ts";
import { sendOwn } from "./own-sighting.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** Whoever carried it out has ended by then, and nobody tries to tell it again. */
const lastWordAfterMs = hours(1) + minutes(1);
/** SQS delays a message by 15 min at most; a longer wait is re-armed on the way. */
const longestDelayMs = minutes(15);

/** Before an action is planned. Throws QueueUnavailable. */
export function armLastWord<Facts extends HealerFacts>(
  { healer, deps, openCase: { key, traceId } }: Pick<Look<Facts>, "healer" | "deps" | "openCase">,
  actionId: string,
): Promise<void> {
  const dueAt = deps.clock.now() + lastWordAfterMs;
  return sendWord(deps, { healer: healer.name, cluster: key.cluster, traceId, actionId, dueAt, hops: 0 });
}

function sendWord(deps: PipelineDeps, word: Omit<Word, "v" | "kind">): Promise<void> {
  const message: Word = { v: healerMessageVersion, kind: "word", ...word };
  const delayMs = Math.min(longestDelayMs, Math.max(0, word.dueAt - deps.clock.now()));
  return sendOwn(deps, [{ body: JSON.stringify(message), delayMs, group: word.cluster }]);
}

/** Unknown, not Withdrawn: it may have been carried out. What has an outcome keeps it. */
export async function endWord(deps: PipelineDeps, word: Word): Promise<Handled> {
  const now = deps.clock.now();
  if (now < word.dueAt) {
    await sendWord(deps, { ...word, hops: word.hops + 1 });
    return { kind: "Rearmed" };
  }
  const message = "Nobody came back to say what came of it.";
  await deps.ledger.settle(word.cluster, word.actionId, { kind: "Unknown", message, at: now });
  return { kind: "WordEnded" };
}
