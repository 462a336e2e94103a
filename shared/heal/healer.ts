import type { Case } from "../case/case.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ClusterReader } from "../cluster/cluster.ts";
import type { StoredReport } from "../cluster/cluster-state.ts";
import type { IncidentRules } from "../incident/rules.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";
import type { Verdict } from "./heal.ts";
import type { Sighting } from "./healer-message.ts";
import type { HopelessRung } from "./rung-record.ts";
import type { Subject } from "./subject.ts";

/** What every healer's facts contain: the rails judge the same subject whoever asks. */
export interface HealerFacts {
  readonly subject: Subject;
}

/** What Knitbone itself knows at a look, beside what the cluster answers. Read for each look anew: a healer keeps none of it. */
export interface Knowledge {
  /** What messages mean; in force at this moment. */
  readonly catalogue: Catalogue;
  /** The cluster's last report: what its pools have left, at most as old as freshness allows. */
  readonly report?: StoredReport;
  /** Node label that names the pool, where the cluster was registered with one. */
  readonly poolLabel?: string;
  /** At a look at a node: rungs that have not helped the nodes of this cluster, by cause. */
  readonly hopeless?: readonly HopelessRung[];
}

/** What one round of one cluster found. */
export interface RoundFindings {
  /** May be sick: each goes the road of a sighting. */
  readonly suspects: readonly ObjectRef[];
  /** To be told to people, once per object, until it is among `settled`. */
  readonly words: readonly { readonly about: ObjectRef; readonly reason: string; readonly message: string }[];
  /** What was told of these does not hold any more. */
  readonly settled: readonly ObjectRef[];
}

/**
 * What a healer's author writes. The pipeline owns flags, freshness, cases, rails, claims, budgets, applying, records, verification and metrics.
 * A healer returns data; it cannot touch a cluster.
 */
export interface Healer<Facts extends HealerFacts = HealerFacts, Reason extends string = string> {
  /** Folder = flag key = metric dimension = log field. */
  readonly name: string;
  /** Cheap first look at a message; must not need the network. */
  concerns(sighting: Sighting): boolean;
  /** Reads the object as it is now; undefined = gone (404 or another uid). Never trusts the delta's content. */
  observe(cluster: ClusterReader, object: ObjectRef, known: Knowledge): Promise<Facts | undefined>;
  /** Pure: what to do, from facts, the case so far and the cluster's own time. Called again at the last look. */
  decide(facts: Facts, openCase: Case, now: Instant): Verdict<Reason>;
  /**
   * Where the healer's `function.yml` has a schedule: looks through one cluster for what no delta tells of. Reads lists and writes nothing; what it finds is
   * looked at anew, object by object.
   */
  goRound?(cluster: ClusterReader): Promise<RoundFindings>;
  /** Of the one that keeps incidents (`shared/incident/keeper.ts`): its verdicts' suspects are correlated by these, and what opened is closed. */
  readonly incidents?: IncidentRules;
  /** What is kept as evidence before a heal: plain JSON, no secrets (facts are a positive list already). */
  evidence(facts: Facts): unknown;
}
