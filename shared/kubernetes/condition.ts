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
