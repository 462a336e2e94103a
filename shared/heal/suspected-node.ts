import { luresReplacements } from "../kubernetes/node.ts";
import { fileCase } from "./case-desk.ts";
import { nodeHealer } from "./escalation.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import type { Subject } from "./subject.ts";

/**
 * Whether the pod's node was handed over and still takes new pods. Then its budget is nothing: the room made on a sick node must lure nobody. (An attempt
 * that had spent before, and whose process died, may still finish: its stamp is in the budget already.) A cordon or taint ends the node's case
 * here; its own healer will end it by more than that.
 */
export async function isSuspectedNode<Facts extends HealerFacts>(
  look: Look<Facts>,
  subject: Subject,
): Promise<boolean> {
  const { node, pod } = subject;
  if (typeof node === "string") return false;
  const key = { healer: nodeHealer, cluster: look.openCase.key.cluster, uid: node.ref.uid };
  const nodeCase = await look.deps.cases.load(key);
  if (nodeCase?.state !== "open" || nodeCase.escalated === undefined) return false;
  if (luresReplacements(node, pod)) return true;
  await fileCase(look.deps, nodeCase, { state: "closed", closedBecause: "Tainted" });
  return false;
}
