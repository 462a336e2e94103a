import { KnitboneError } from "../../shared/errors.ts";
import { healerMessageVersion, type Sighting } from "../../shared/heal/healer-message.ts";
import type { OutgoingMessage, Queue, SendResult } from "../../shared/queue/queue.ts";
import type { Collapsed } from "./collapse.ts";
import { concernedHealers, type RoutingTable } from "./route.ts";

/** A message for one healer about one object. */
interface Letter {
  readonly healer: string;
  readonly about: Collapsed;
}

export interface Undelivered {
  readonly messageIds: readonly string[];
  readonly healer: string;
  readonly error: unknown;
}

/** Sends one sighting per concerned healer and object. What a queue did not take is told; nothing is thrown. */
export async function sendSightings(
  all: readonly Collapsed[],
  deps: { readonly routes: RoutingTable; readonly queues: ReadonlyMap<string, Queue> },
): Promise<{ readonly sent: ReadonlyMap<string, number>; readonly undelivered: readonly Undelivered[] }> {
  const letters = all.flatMap((about) =>
    concernedHealers(deps.routes, about.delta).map((healer) => ({ healer, about })),
  );
  const byHealer = Map.groupBy(letters, ({ healer }) => healer);
  const sent = new Map<string, number>();
  const undelivered: Undelivered[] = [];
  await Promise.all(
    [...byHealer].map(async ([healer, own]) => {
      const results = await resultsOf(own, deps.queues.get(healer));
      for (const [index, { about }] of own.entries()) {
        const error = failureOf(results[index], healer);
        if (error === undefined) sent.set(healer, (sent.get(healer) ?? 0) + 1);
        else undelivered.push({ messageIds: about.messageIds, healer, error });
      }
    }),
  );
  return { sent, undelivered };
}

async function resultsOf(
  letters: readonly Letter[],
  queue: Queue | undefined,
): Promise<readonly (SendResult | Error)[]> {
  if (queue === undefined)
    return letters.map(({ healer }) => new KnitboneError("ConfigInvalid", `sending to ${healer}: it has no queue`));
  try {
    return await queue.send(letters.map(outgoing));
  } catch (error) {
    return letters.map(() => (error instanceof Error ? error : new Error(String(error))));
  }
}

function failureOf(result: SendResult | Error | undefined, healer: string): Error | undefined {
  if (result instanceof Error) return result;
  if (result?.kind === "sent") return undefined;
  return new KnitboneError("QueueUnavailable", `sending to ${healer}: ${result?.code ?? "no answer"}`, {
    retryable: true,
  });
}

function outgoing({ healer, about }: Letter): OutgoingMessage {
  const { cluster, delta, sentAt } = about;
  const sighting: Sighting = {
    v: healerMessageVersion,
    kind: "sighting",
    healer,
    cluster,
    object: delta.object,
    traceId: delta.traceId,
    delta: delta.kind === "milestone" ? "gone" : delta.kind,
    signals: delta.signals,
    sightedAt: sentAt,
    ...(delta.finalStateUnknown === undefined ? {} : { finalStateUnknown: delta.finalStateUnknown }),
  };
  return { body: JSON.stringify(sighting), group: cluster };
}
