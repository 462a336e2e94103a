import type { Clock } from "../time/clock.ts";
import type { Cluster } from "./cluster.ts";

/**
 * A last look may be five seconds old in all; what is shared may be one of them. What is judged is never shared.
 */
const shareForMs = 1_000;

/** Above this many entries the old ones are looked for and dropped. */
const sweepAbove = 500;

/**
 * The same cluster, with what stands around many pods (owners, namespace, node) read once a second instead of once a pod: in a rejection loop thousands
 * of pods of one owner are judged at once, and a sick API server must not pay five reads for each.
 */
export function sharedSurroundings(cluster: Cluster, clock: Clock, judged: "Pod" | "Node" = "Pod"): Cluster {
  const recent = new Map<string, { readonly askedAt: number; readonly answer: Promise<unknown> }>();

  const shared = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const now = clock.monotonic();
    const known = recent.get(key);
    if (known !== undefined && now - known.askedAt < shareForMs) return known.answer as Promise<T>;
    if (recent.size > sweepAbove) {
      for (const [each, { askedAt }] of recent) if (now - askedAt >= shareForMs) recent.delete(each);
    }
    const answer = ask();
    const entry = { askedAt: now, answer };
    recent.set(key, entry);
    // A read that failed is nobody's answer but the asker's.
    answer.catch(() => {
      if (recent.get(key) === entry) recent.delete(key);
    });
    return answer;
  };

  return {
    ...cluster,
    ...(judged === "Node" ? {} : { node: (name) => shared(`node ${name}`, () => cluster.node(name)) }),
    namespace: (name) => shared(`namespace ${name}`, () => cluster.namespace(name)),
    workload: (namespace, owner) =>
      shared(`workload ${owner.apiVersion} ${owner.kind} ${namespace}/${owner.name}`, () =>
        cluster.workload(namespace, owner),
      ),
  };
}
