import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import { saidByEvent, saidByNode } from "../../shared/catalogue/said.ts";
import type { Channel, Signature } from "../../shared/catalogue/signature.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Instant } from "../../shared/time/clock.ts";

/** One text about an object that the catalogue knows, with what it means. Newest last. */
export interface Saying extends Pick<Signature, "cause" | "scope" | "remedy"> {
  readonly channel: Channel;
  readonly reason: string;
  readonly text: string;
  /** The container that says it of itself; absent for an Event and a node. */
  readonly container?: string;
  /** When it was last seen, by the cluster's clock; absent: it stands there now. */
  readonly at?: Instant;
}

/** What the containers of a pod that wait say of themselves, and what Events say of it or of its claims. */
export function podSayings(pod: PodFacts, events: readonly EventFacts[], catalogue: Catalogue): readonly Saying[] {
  const own = pod.containers.flatMap((each) => {
    if (each.state !== "waiting") return [];
    const said = { channel: "containerStatus", reason: each.reason ?? "", text: each.message ?? "" } as const;
    return known(catalogue, said, { container: each.name });
  });
  const told = events
    .toSorted((a, b) => (a.lastSeenAt ?? 0) - (b.lastSeenAt ?? 0))
    .flatMap((event) =>
      saidByEvent(event).flatMap((said) =>
        known(catalogue, said, event.lastSeenAt === undefined ? {} : { at: event.lastSeenAt }),
      ),
    );
  return [...own, ...told];
}

/** The parts of a node's Ready message. */
export function nodeSayings(node: NodeFacts, catalogue: Catalogue): readonly Saying[] {
  return saidByNode(node).flatMap((said) => known(catalogue, said, {}));
}

function known(
  catalogue: Catalogue,
  said: Parameters<Catalogue["match"]>[0],
  more: Pick<Saying, "container" | "at">,
): readonly Saying[] {
  const match = catalogue.match(said);
  if (match.kind === "unknown" || match.signature.cause === "NoCauseNamed") return [];
  const { cause, scope, remedy } = match.signature;
  return [{ ...said, cause, scope, ...(remedy === undefined ? {} : { remedy }), ...more }];
}
