import type { DeltaKind, Signal } from "../delta/delta.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Instant } from "../time/clock.ts";

export const healerMessageVersion = 1;

interface Envelope {
  readonly v: number;
  readonly healer: string;
  readonly cluster: string;
  readonly object: ObjectRef;
  readonly traceId: string;
}

/** The dispatcher saw a delta that this healer's `function.yml` asks for. Carries no state: the healer reads the live object. */
export interface Sighting extends Envelope {
  readonly kind: "sighting";
  readonly delta: Exclude<DeltaKind, "milestone">;
  readonly signals: readonly Signal[];
  /** When the queue took the forwarder's message (SQS SentTimestamp): our side's clock. */
  readonly sightedAt: Instant;
  readonly finalStateUnknown?: true;
  /** Its own round, or its look at another object, found it, no forwarder: it concerns the healer, whatever the signals. */
  readonly byItself?: true;
  /** Another healer found the node to be the cause: it concerns the node's healer, whatever the signals. */
  readonly handedOver?: true;
}

/** The healer asked to look again. Dropped when the case has moved on. */
export interface WakeUp extends Envelope {
  readonly kind: "wakeUp";
  readonly caseVersion: number;
  /** When it is meant to be looked at; SQS delays 15 min at most, so a longer wait is re-armed on the way. */
  readonly dueAt: Instant;
  /** How often this wait was re-armed: our own loop counter, as Lambda's is switched off. */
  readonly hops: number;
}

/** The schedule's word: go the rounds of every cluster. A constant, since EventBridge writes it. */
export interface Rounds {
  readonly v: number;
  readonly kind: "rounds";
  readonly healer: string;
}

/** One cluster's round. */
export interface Round {
  readonly v: number;
  readonly kind: "round";
  readonly healer: string;
  readonly cluster: string;
  readonly traceId: string;
  /** How often it was put off because the cluster could not be seen. */
  readonly putOff: number;
}

/** An action was about to be planned: by `dueAt` the ledger's row has its outcome, whoever ended on the way. No flag is asked: it only closes the row. */
export interface Word {
  readonly v: number;
  readonly kind: "word";
  readonly healer: string;
  readonly cluster: string;
  readonly traceId: string;
  /** The ledger's row. */
  readonly actionId: string;
  readonly dueAt: Instant;
  readonly hops: number;
}

/** What is about one object. */
export type ObjectMessage = Sighting | WakeUp;

export type HealerMessage = ObjectMessage | Rounds | Round | Word;
