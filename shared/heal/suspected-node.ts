import { luresReplacements } from "../kubernetes/node.ts";
import { pass, type RailAnswer, waitAMinute } from "../rail/rail.ts";
import { fileCase } from "./case-desk.ts";
import { nodeHealer } from "./escalation.ts";
import type { HealerFacts } from "./healer.ts";
import type { Look } from "./look.ts";
import type { Subject } from "./subject.ts";

/**
 * Once a node was handed over, nothing more is force-deleted there until somebody keeps replacements away from it: the room made on a sick node
 * must lure nobody. A cordon or taint ends the node's case here (its own healer will end it by more than that).
 */
export async function suspectedNode<Facts extends HealerFacts>(
  look: Look<Facts>,
  subject: Subject,
): Promise<RailAnswer> {
  const { node, pod } = subject;
  if (typeof node === "string") return pass;
  const nodeCase = await look.deps.cases.load({
    healer: nodeHealer,
    cluster: look.openCase.key.cluster,
    uid: node.ref.uid,
  });
  if (nodeCase?.state !== "open" || nodeCase.escalated === undefined) return pass;
  if (luresReplacements(node, pod)) {
    return waitAMinute(
      "NodeSuspected",
      `Node ${node.ref.name} was handed over and still takes new pods: taint or cordon it.`,
    );
  }
  await fileCase(look.deps, nodeCase, { state: "closed", closedBecause: "Tainted" });
  return pass;
}
