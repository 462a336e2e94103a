/**
 * How a pod's healer gives its node away (`design.md` §5.9):
 *
 *   symptom on the node's case (one conditional write) ─► message to the queue of the nodes' healer; both again while the node is not marked
 *
 * The case stands before the message: a crash between them costs one look of the pod's.
 */
import { type Case, reopenedCase, type Symptom } from "../case/case.ts";
import { KnitboneError } from "../errors.ts";
import { describeRef, type ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";
import { fileCase, sendWakeUp } from "./case-desk.ts";
import type { HealerFacts } from "./healer.ts";
import { healerMessageVersion, type Sighting } from "./healer-message.ts";
import type { Look } from "./look.ts";
import { nodeHealer } from "./node-healer.ts";

export interface HandedOver {
  readonly node: ObjectRef;
  readonly reason: string;
  readonly message: string;
  readonly at: Instant;
}

/** The newest of a case; what there were more of says nothing new. */
const symptomLimit = 20;
/** A case is stamped by its own healer and by each pod that hands the node over. */
const maxRaces = 10;

/** Resolves to when the node was handed over first, by whichever pod, in the case that it has. */
export async function handOver<Facts extends HealerFacts>(
  look: Look<Facts>,
  handed: HandedOver,
): Promise<{ readonly since: Instant }> {
  const { deps, openCase, log } = look;
  const key = { healer: nodeHealer, cluster: openCase.key.cluster, uid: handed.node.uid };
  for (let race = 0; race < maxRaces; race++) {
    const stored = await deps.cases.load(key);
    const before =
      stored?.state === "open" ? stored : reopenedCase(stored, key, handed.node, openCase.traceId, handed.at);
    const handedOverAt = before.handedOverAt ?? handed.at;
    // Whatever its healer waited for: this is news. What it has written must have its time.
    const sooner = before.pending === undefined ? { nextLookAt: undefined } : {};
    const filed = await fileCase(deps, before, {
      symptoms: symptomsOf(before, openCase.object, handed),
      handedOverAt,
      ...sooner,
    });
    if (filed === "conflict") continue;
    await call(look, filed);
    log.info("Node handed over", { node: handed.node.name, reason: handed.reason });
    deps.metrics.count("HandedOver", 1, { reason: handed.reason });
    return { since: handedOverAt };
  }
  const what = `handing over ${describeRef(handed.node)}`;
  throw new KnitboneError("StoreUnavailable", `${what}: lost ${maxRaces} races for its case`, { retryable: true });
}

function symptomsOf({ symptoms = [] }: Case, pod: ObjectRef, { reason, message, at }: HandedOver): readonly Symptom[] {
  const others = symptoms.filter((each) => each.pod.uid !== pod.uid || each.reason !== reason);
  return [...others, { pod, reason, message, at }].slice(-symptomLimit);
}

/** The case's new version has made its own wake-up void: this takes its place. */
async function call<Facts extends HealerFacts>({ deps, openCase }: Look<Facts>, nodeCase: Case): Promise<void> {
  const now = deps.clock.now();
  if (nodeCase.pending !== undefined) {
    return sendWakeUp({ ...deps, queue: deps.nodeQueue }, nodeCase, nodeCase.nextLookAt ?? now, 0);
  }
  const sighting: Sighting = {
    v: healerMessageVersion,
    kind: "sighting",
    healer: nodeHealer,
    cluster: nodeCase.key.cluster,
    object: nodeCase.object,
    traceId: openCase.traceId,
    delta: "suspect",
    signals: [],
    sightedAt: now,
    handedOver: true,
  };
  const [result] = await deps.nodeQueue.send([{ body: JSON.stringify(sighting), group: nodeCase.key.cluster }]);
  if (result?.kind === "sent") return;
  const what = `handing over ${describeRef(nodeCase.object)}`;
  throw new KnitboneError("QueueUnavailable", `${what}: ${result?.code ?? "no answer"}`, { retryable: true });
}
