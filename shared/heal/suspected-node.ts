import { luresReplacements } from "../kubernetes/node.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import { nodeHealer } from "./node-healer.ts";
import type { Subject } from "./subject.ts";

/**
 * Whether the pod's node was handed over and still takes new pods. Then its budget is nothing: the room made on a sick node must lure nobody. (An attempt
 * that had spent before, and whose process died, may still finish: its stamp is in the budget already.)
 */
export async function isSuspectedNode<Facts extends HealerFacts>(
  look: Look<Facts>,
  subject: Subject,
): Promise<boolean> {
  if (subject.kind !== "pod" || typeof subject.node === "string") return false;
  const { node, pod } = subject;
  if (!luresReplacements(node, pod)) return false;
  const key = { healer: nodeHealer, cluster: look.openCase.key.cluster, uid: node.ref.uid };
  const nodeCase = await look.deps.cases.load(key);
  return nodeCase?.state === "open" && (nodeCase.symptoms ?? []).length > 0;
}
