import type { Instant } from "../time/clock.ts";
import { type Raw, rawInstant, rawMessage, rawText } from "./raw.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: Instant;
  readonly lastHeartbeatTime?: Instant;
}

export function conditionFromRaw(raw: Raw): Condition {
  const reason = rawText(raw["reason"]);
  const message = rawMessage(raw["message"]);
  const lastTransitionTime = rawInstant(raw["lastTransitionTime"]);
  const lastHeartbeatTime = rawInstant(raw["lastHeartbeatTime"]);
  return {
    type: rawText(raw["type"]) ?? "",
    status: rawText(raw["status"]) ?? "Unknown",
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
    ...(lastHeartbeatTime === undefined ? {} : { lastHeartbeatTime }),
  };
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((each) => each.type === type);
}

/**
 * Conditions name either a trouble (MemoryPressure, KernelDeadlock: bad when True) or a health (ContainerRuntimeReady, NetworkingReady of the
 * EKS agent: bad when False). Unknown is no value of its own here: a kubelet that fell silent turns all of its conditions to Unknown, Ready too.
 */
export function standsAtBadValue(condition: Condition): boolean {
  // Ours is an answer, and no state of the node.
  if (condition.type === "Ready" || condition.type.startsWith("knitbone.io/")) return false;
  return condition.status === (/(Ready|Healthy)$/.test(condition.type) ? "False" : "True");
}
