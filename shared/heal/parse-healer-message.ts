import * as z from "zod/mini";
import type { Parsed } from "../delta/forwarder-message.ts";
import { parseVersioned } from "../delta/parse-versioned.ts";
import { clusterId, count, healerName, instant, objectRef, signal, traceId } from "../delta/wire-schema.ts";
import { type HealerMessage, healerMessageVersion } from "./healer-message.ts";

const envelope = { v: count, healer: healerName, cluster: clusterId, object: objectRef, traceId };

const message: z.ZodMiniType<HealerMessage> = z.discriminatedUnion("kind", [
  z.object({
    ...envelope,
    kind: z.literal("sighting"),
    delta: z.enum(["suspect", "recovered", "gone"]),
    signals: z.array(signal),
    sightedAt: instant,
    finalStateUnknown: z.exactOptional(z.literal(true)),
    byItself: z.exactOptional(z.literal(true)),
    handedOver: z.exactOptional(z.literal(true)),
  }),
  z.object({ ...envelope, kind: z.literal("wakeUp"), caseVersion: count, dueAt: instant, hops: count }),
  z.object({ v: count, kind: z.literal("rounds"), healer: healerName }),
  z.object({ v: count, kind: z.literal("round"), healer: healerName, cluster: clusterId, traceId, putOff: count }),
  z.object({
    v: count,
    kind: z.literal("word"),
    healer: healerName,
    cluster: clusterId,
    traceId,
    actionId: z.string().check(z.minLength(1), z.maxLength(300)),
    dueAt: instant,
    hops: count,
  }),
]);

/** The only place that trusts the body of a message on a healer's queue, after checking it. Never throws. */
export function parseHealerMessage(body: string): Parsed<HealerMessage> {
  return parseVersioned(body, healerMessageVersion, message);
}
