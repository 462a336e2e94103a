import type { Instant } from "../time/clock.ts";
import { type Meta, metaFromRaw } from "./meta.ts";
import type { ObjectRef } from "./object-ref.ts";
import { type Raw, rawInstant, rawMessage, rawNumber, rawObject, rawText } from "./raw.ts";

/** An Event, of core/v1 or events.k8s.io/v1. A hint and never evidence: anyone with `create events` can write one (K12). */
export interface EventFacts extends Meta {
  readonly type: string;
  readonly reason: string;
  readonly message?: string;
  readonly regarding: ObjectRef;
  readonly source: string;
  /** How often it was seen: `series.count` or the older `count`. */
  readonly count: number;
  readonly lastSeenAt?: Instant;
}

export function eventFromRaw(raw: Raw): EventFacts {
  const message = rawMessage(raw["note"] ?? raw["message"]);
  const lastSeenAt = lastSeen(raw);
  return {
    ...metaFromRaw("Event", raw),
    type: rawText(raw["type"]) ?? "",
    reason: rawText(raw["reason"]) ?? "",
    ...(message === undefined ? {} : { message }),
    regarding: refFromRaw(rawObject(raw["regarding"] ?? raw["involvedObject"])),
    source: rawText(raw["reportingController"] ?? raw["reportingComponent"]) || sourceComponent(raw),
    count: rawNumber(rawObject(raw["series"])["count"]) ?? rawNumber(raw["count"] ?? raw["deprecatedCount"]) ?? 1,
    ...(lastSeenAt === undefined ? {} : { lastSeenAt }),
  };
}

function refFromRaw(raw: Raw): ObjectRef {
  return {
    kind: rawText(raw["kind"]) ?? "",
    namespace: rawText(raw["namespace"]) ?? "",
    name: rawText(raw["name"]) ?? "",
    uid: rawText(raw["uid"]) ?? "",
  };
}

function sourceComponent(raw: Raw): string {
  return rawText(rawObject(raw["source"] ?? raw["deprecatedSource"])["component"]) ?? "";
}

function lastSeen(raw: Raw): Instant | undefined {
  return (
    rawInstant(rawObject(raw["series"])["lastObservedTime"]) ??
    rawInstant(raw["lastTimestamp"] ?? raw["deprecatedLastTimestamp"]) ??
    rawInstant(raw["eventTime"])
  );
}
