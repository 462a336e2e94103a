import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { LeakStore } from "../../shared/ledger/leak.ts";
import type { Collapsed } from "./collapse.ts";

/** Nodes are told again and again while they are suspects; a container remembers the boot of so many. */
const rememberedLimit = 5_000;

/**
 * Closes what force-deletes may have left running on a node (S0-46) once the node has booted anew. A hint suffices here: a leak row guards nothing, it
 * tells people what may still run.
 */
export function leakCloser(leaks: Pick<LeakStore, "openOn" | "end">): (about: Collapsed) => Promise<number> {
  const known = new Map<string, string>();
  return async ({ cluster, delta, sentAt }) => {
    const node = nodeOf(delta.state);
    if (delta.object.kind !== "Node" || node === undefined || node.bootId === "") return 0;
    const key = `${cluster}#${delta.object.uid}`;
    if (known.get(key) === node.bootId) return 0;
    const left = (await leaks.openOn(cluster, delta.object.uid)).filter((each) => each.bootId !== node.bootId);
    for (const leak of left) await leaks.end(leak, "closed", `The node booted anew (${node.bootId}).`, sentAt);
    known.set(key, node.bootId);
    const [oldest] = known.keys();
    if (known.size > rememberedLimit && oldest !== undefined) known.delete(oldest);
    return left.length;
  };
}

function nodeOf(state: Collapsed["delta"]["state"]): NodeFacts | undefined {
  return state?.ref.kind === "Node" ? (state as NodeFacts) : undefined;
}
