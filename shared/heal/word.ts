/**
 * The last word on what people were told. The ledger's row of an escalation gets its outcome from whoever tells, or from a later look that finds it without one.
 * What was told about an object that no look comes back to (a workload whose pods are gone) would keep an open row for ever, should the teller end between
 * the Event and the row: this message, sent before anything is planned, closes it.
 */
import { minutes } from "../time/duration.ts";
import { healerMessageVersion, type Word } from "./healer-message.ts";
import type { Handled } from "./look.ts";
import { sendOwn } from "./own-sighting.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** SQS delays a message by 15 min at most; a longer wait is re-armed on the way. */
const longestDelayMs = minutes(15);

export type ArmedWord = Pick<Word, "healer" | "cluster" | "traceId" | "actionId" | "dueAt">;

/** Throws QueueUnavailable. */
export function armWord(deps: PipelineDeps, word: ArmedWord, hops = 0): Promise<void> {
  const message: Word = { v: healerMessageVersion, kind: "word", ...word, hops };
  const delayMs = Math.min(longestDelayMs, Math.max(0, word.dueAt - deps.clock.now()));
  return sendOwn(deps, [{ body: JSON.stringify(message), delayMs, group: word.cluster }]);
}

/** Unknown, not Withdrawn: the Event may stand there. What has an outcome keeps it. */
export async function endWord(deps: PipelineDeps, { hops, ...word }: Word): Promise<Handled> {
  const now = deps.clock.now();
  if (now < word.dueAt) {
    await armWord(deps, word, hops + 1);
    return { kind: "Rearmed" };
  }
  const message = "Nobody came back to say whether the Event was written.";
  await deps.ledger.settle(word.cluster, word.actionId, { kind: "Unknown", message, at: now });
  return { kind: "WordEnded" };
}
