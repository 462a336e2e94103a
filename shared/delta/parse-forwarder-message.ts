import * as z from "zod/mini";
import type { ClusterReport } from "./cluster-report.ts";
import type { Delta } from "./delta.ts";
import { eventFacts, nodeFacts, podFacts } from "./facts-schema.ts";
import { type ForwarderMessage, forwarderMessageVersion, type Parsed } from "./forwarder-message.ts";
import { parseVersioned } from "./parse-versioned.ts";
import { amounts, clusterId, count, firstIssue, instant, objectRef, signal, text, traceId } from "./wire-schema.ts";

/** A message, and those of its deltas that could not be used. */
export type ParsedForwarderMessage =
  | Extract<Parsed<ForwarderMessage>, { kind: "malformed" }>
  | {
      readonly kind: "parsed";
      readonly message: ForwarderMessage;
      /** One line each, beginning with the delta's place in the list. */
      readonly refused: readonly string[];
    };

/** How many sequence numbers a report speaks of at most (`design.md` §3). */
const sentLimit = 1_024;

const delta = z.object({
  kind: z.enum(["suspect", "recovered", "gone", "milestone"]),
  object: objectRef,
  resourceVersion: text,
  signals: z.array(signal),
  observedAt: instant,
  traceId,
  finalStateUnknown: z.exactOptional(z.literal(true)),
  state: z.exactOptional(z.unknown()),
});

const facts = z.union([podFacts, nodeFacts, eventFacts]);

const sent = z
  .object({ from: count, to: count })
  .check(z.refine(({ from, to }) => from <= to && to - from < sentLimit, `not a range of at most ${sentLimit}`));

const report: z.ZodMiniType<ClusterReport> = z.object({
  sent: z.exactOptional(sent),
  serverVersion: text,
  forwarderVersion: text,
  incarnation: text,
  zones: z.array(z.object({ zone: text, ready: count, notReady: count, unknown: count })),
  pools: z.array(
    z.object({ pool: text, nodes: count, notReady: z.exactOptional(count), free: amounts, largestFree: amounts }),
  ),
  coalesced: count,
  suspects: count,
});

const envelope = { v: count, cluster: clusterId, epoch: count, sequence: count };

const message = z.discriminatedUnion("kind", [
  z.object({ ...envelope, kind: z.literal("deltas"), deltas: z.array(z.unknown()) }),
  z.object({ ...envelope, kind: z.literal("report"), report }),
]);

/**
 * The only place that trusts the body of a forwarder's message, after checking it. Never throws.
 *
 * Deltas are judged one by one: an Event can be written by anyone with `create events`, about any name, and must not take its neighbours in the
 * message with it. Their states are hints beyond that: one that does not fit is left out, the delta stays.
 */
export function parseForwarderMessage(body: string): ParsedForwarderMessage {
  const parsed = parseVersioned(body, forwarderMessageVersion, message);
  if (parsed.kind === "malformed") return parsed;
  if (parsed.message.kind === "report") return { kind: "parsed", message: parsed.message, refused: [] };
  const deltas: Delta[] = [];
  const refused: string[] = [];
  for (const [index, each] of parsed.message.deltas.entries()) {
    const checked = z.safeParse(delta, each);
    if (checked.success) deltas.push(withState(checked.data));
    else refused.push(firstIssue(checked.error, ["deltas", index]));
  }
  return { kind: "parsed", message: { ...parsed.message, deltas }, refused };
}

function withState({ state, ...rest }: z.infer<typeof delta>): Delta {
  const checked = state === undefined ? undefined : z.safeParse(facts, state);
  if (!checked?.success || !speaksOf(rest.object.uid, checked.data)) return rest;
  return { ...rest, state: checked.data };
}

/** An Event has a uid of its own; what it is about stands in `object`. */
function speaksOf(uid: string, state: NonNullable<Delta["state"]>): boolean {
  return state.ref.kind === "Event" || state.ref.uid === uid;
}
