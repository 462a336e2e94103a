import type { Cause } from "../../shared/catalogue/signature.ts";
import { findCondition } from "../../shared/kubernetes/condition.ts";
import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { type NotReadyCause, readyMessageParts } from "../../shared/kubernetes/ready-message.ts";
import type { NotReadyReason } from "./reasons.ts";
import type { Said } from "./said.ts";

/** The gravest first: a kubelet without its runtime has no network either. */
const byPart: readonly (readonly [NotReadyCause, NotReadyReason])[] = [
  ["Shutdown", "NotReadyShutdown"],
  ["Runtime", "NotReadyRuntime"],
  ["Pleg", "NotReadyPleg"],
  ["Network", "NotReadyNetwork"],
  ["Csi", "NotReadyCsi"],
  ["Capacity", "NotReadyCapacity"],
];

/** For words that no kubelet we know uses, and that the catalogue knows (rows added at run time as well). */
const byCause: readonly (readonly [Cause, NotReadyReason])[] = [
  ["NodeShutdown", "NotReadyShutdown"],
  ["RuntimeDown", "NotReadyRuntime"],
  ["RuntimeStarting", "NotReadyRuntime"],
  ["PlegStalled", "NotReadyPleg"],
  ["NetworkNotReady", "NotReadyNetwork"],
  ["StorageStarting", "NotReadyCsi"],
  ["NodeCapacity", "NotReadyCapacity"],
];

/** Why a node that is not Ready is so, by its own message and what the catalogue makes of it. */
export function notReadyReason(node: NodeFacts, said: readonly Said[] = []): NotReadyReason {
  if (readyStatus(node) === "Unknown") return "NodeSilent";
  const parts = readyMessageParts(findCondition(node.conditions, "Ready")?.message ?? "");
  const ofPart = byPart.find(([cause]) => parts.some((each) => each.cause === cause))?.[1];
  if (ofPart !== undefined) return ofPart;
  const causes = said.flatMap(({ by, known }) => (by === "ready" && known !== undefined ? [known.cause] : []));
  return byCause.find(([cause]) => causes.includes(cause))?.[1] ?? "NotReadyOther";
}
