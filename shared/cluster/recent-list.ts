import type { Instant } from "../time/clock.ts";
import { seconds } from "../time/duration.ts";
import type { ClusterReader } from "./cluster.ts";

/**
 * A list may be five seconds old: then it is no older than a last look may be. The server's clock is a lower bound, cut to whole seconds, and may
 * be two seconds behind.
 */
const listAgeLimitMs = seconds(5 - 2);

/**
 * One list that a batch of messages shares: in a storm every one of thousands of pods brings a message, and each needs the whole list. The object that is judged
 * is never taken from it.
 */
export function recentList<T>(
  list: (cluster: ClusterReader, namespace: string) => Promise<T>,
): (cluster: ClusterReader, namespace: string) => Promise<T> {
  const lists = new Map<string, { readonly askedAt: Instant; readonly answer: Promise<T> }>();
  return (cluster, namespace) => {
    const now = cluster.now();
    if (now === undefined) return list(cluster, namespace);
    const key = `${cluster.id}/${namespace}`;
    const recent = lists.get(key);
    // A list from the future is one from before the clock was set back.
    if (recent !== undefined && now >= recent.askedAt && now - recent.askedAt <= listAgeLimitMs) return recent.answer;
    for (const [each, { askedAt }] of lists) {
      if (Math.abs(now - askedAt) > listAgeLimitMs) lists.delete(each);
    }
    const entry = { askedAt: now, answer: list(cluster, namespace) };
    lists.set(key, entry);
    // A list that failed is nobody's answer but the asker's.
    entry.answer.catch(() => {
      if (lists.get(key) === entry) lists.delete(key);
    });
    return entry.answer;
  };
}
