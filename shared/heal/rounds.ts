/**
 * The schedule's road, for what no delta tells of (`design.md` §6, orphan-sweeper):
 *
 *   rounds ─► one round per registered cluster ─► flag, breaker, fresh, brake ─► lists ─► suspects: each a sighting on the ordinary road
 *                                                                                   └─► words: told once per object, under the object's own flag
 *
 * A round writes nothing to a cluster but Events. One cluster's failure is its own round's, and the next hour has another.
 */
import { newCase } from "../case/case.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Log } from "../log/log.ts";
import { seconds } from "../time/duration.ts";
import { fileCase } from "./case-desk.ts";
import { type Escalation, escalateOnce } from "./escalation.ts";
import type { Healer, HealerFacts } from "./healer.ts";
import { healerMessageVersion, type Round } from "./healer-message.ts";
import { holdBeforeRead } from "./hold-before-read.ts";
import type { Handled } from "./look.ts";
import { ownSighting, sendOwn } from "./own-sighting.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import { readCluster } from "./read-cluster.ts";
import { reviewIncidents } from "./review-incidents.ts";

/** A round that finds its cluster out of sight is put off for this long … */
const putOffMs = seconds(60);
/** … this often; then the next one is near enough. */
const putOffLimit = 10;

/** Begins a round of every registered cluster; who keeps incidents reviews them at once, for they belong to no cluster. */
export async function beginRounds<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
): Promise<Handled> {
  if (healer.incidents !== undefined) {
    await reviewIncidents(healer, healer.incidents, deps);
    return { kind: "RoundMade" };
  }
  if (healer.goRound === undefined) return { kind: "NotConcerned" };
  const registered = (await deps.clusters.list()).filter(({ registered: row }) => row !== undefined);
  await sendOwn(
    deps,
    registered.map(({ id: cluster }) => {
      const round: Round = {
        v: healerMessageVersion,
        kind: "round",
        healer: healer.name,
        cluster,
        traceId: deps.random.id(),
        putOff: 0,
      };
      return { body: JSON.stringify(round), group: cluster };
    }),
  );
  return { kind: "RoundsBegun" };
}

export async function goRound<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  round: Round,
): Promise<Handled> {
  const { cluster: id, traceId } = round;
  const [flag, state] = await Promise.all([
    deps.flags.mode({ healer: healer.name, cluster: id }, "recent"),
    deps.clusters.state(id),
  ]);
  const log = deps.log.with({ cluster: id, traceId }).at(flag.logLevel);
  const { registered } = state;
  const look = healer.goRound;
  if (look === undefined) return { kind: "NotConcerned" };
  if (registered === undefined) return { kind: "NotRegistered" };
  if (flag.kind === "mode" && flag.mode === "off") return { kind: "SwitchedOff" };
  const hold = holdBeforeRead(flag, state, deps.clock.now());
  if (hold !== undefined) return putOff(deps, round, hold.reason);

  const answer = await readCluster(deps, { registered, state, log }, (cluster) => look(cluster));
  if (answer.kind === "failed") return putOff(deps, round, answer.code);
  const { suspects, words, settled } = answer.value;
  await sendOwn(
    deps,
    suspects.map((object) => {
      const found = { cluster: id, object, traceId: deps.random.id() };
      return { body: JSON.stringify(ownSighting(healer.name, deps, found)), group: id };
    }),
  );
  const speaker = { healer, deps, log, cluster: answer.cluster, traceId, id };
  for (const escalation of words) await speak(speaker, escalation);
  for (const object of settled) await settle(speaker, object);
  log.info("Round made", { suspects: suspects.length, words: words.length });
  deps.metrics.count("RoundSuspects", suspects.length);
  return { kind: "RoundMade" };
}

interface Speaker<Facts extends HealerFacts> {
  readonly healer: Healer<Facts>;
  readonly deps: PipelineDeps;
  readonly log: Log;
  readonly cluster: Cluster;
  readonly traceId: string;
  /** The cluster's id. */
  readonly id: string;
}

/** Told under the flag of the namespace that it is about: whoever switched the healer off there hears nothing. */
async function speak<Facts extends HealerFacts>(speaker: Speaker<Facts>, escalation: Escalation): Promise<void> {
  const { healer, deps, id, traceId } = speaker;
  const { about } = escalation;
  const namespace = about.kind === "Namespace" ? about.name : about.namespace;
  const flag = await deps.flags.mode(
    { healer: healer.name, cluster: id, ...(namespace === "" ? {} : { namespace }) },
    "recent",
  );
  if (flag.kind !== "mode" || flag.mode === "off") return;
  // The round has no case of its own: what is told stands on the case of what it is about.
  const openCase = newCase({ healer: healer.name, cluster: id, uid: traceId }, noObject, traceId, deps.clock.now());
  await escalateOnce({ ...speaker, openCase, mode: flag.mode, flag: flag.row }, escalation);
}

const noObject: ObjectRef = { kind: "Cluster", namespace: "", name: "", uid: "" };

async function settle<Facts extends HealerFacts>(
  { healer, deps, id }: Speaker<Facts>,
  object: ObjectRef,
): Promise<void> {
  const told = await deps.cases.load({ healer: healer.name, cluster: id, uid: object.uid });
  if (told?.state !== "open") return;
  await fileCase(deps, told, { state: "closed", closedBecause: "Recovered" });
}

async function putOff(deps: PipelineDeps, round: Round, reason: string): Promise<Handled> {
  deps.metrics.count("Held", 1, { reason });
  const log = deps.log.with({ cluster: round.cluster, traceId: round.traceId });
  if (round.putOff >= putOffLimit) {
    log.warn("Round given up: the cluster cannot be seen", { reason, putOff: round.putOff });
    return { kind: "Held", reason };
  }
  const again: Round = { ...round, putOff: round.putOff + 1 };
  await sendOwn(deps, [{ body: JSON.stringify(again), group: round.cluster, delayMs: putOffMs }]);
  return { kind: "Held", reason };
}
