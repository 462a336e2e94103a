import type { Delta } from "../../shared/delta/delta.ts";
import {
  healerMessageVersion,
  type Round,
  type Rounds,
  type Sighting,
  type WakeUp,
  type Word,
} from "../../shared/heal/healer-message.ts";
import { noon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type Overrides, override } from "./overrides.ts";

/** What the dispatcher sends when Pod shop/web-1 of eu-1 is overdue. */
export function aSighting(overrides: Overrides<Sighting> = {}): Sighting {
  return override<Sighting>(
    {
      v: healerMessageVersion,
      kind: "sighting",
      healer: "terminating-reaper",
      cluster: "eu-1",
      object: aRef(),
      traceId: "trace-1",
      delta: "suspect",
      signals: ["PodOverdue"],
      sightedAt: noon,
    },
    overrides,
  );
}

/** A wake-up for version 1 of the same pod's case, due at noon. */
export function aWakeUp(overrides: Overrides<WakeUp> = {}): WakeUp {
  return override<WakeUp>(
    {
      v: healerMessageVersion,
      kind: "wakeUp",
      healer: "terminating-reaper",
      cluster: "eu-1",
      object: aRef(),
      traceId: "trace-1",
      caseVersion: 1,
      dueAt: noon,
      hops: 0,
    },
    overrides,
  );
}

/** The schedule's word to orphan-sweeper. */
export function aRounds(overrides: Overrides<Rounds> = {}): Rounds {
  return override<Rounds>({ v: healerMessageVersion, kind: "rounds", healer: "orphan-sweeper" }, overrides);
}

/** Its round of eu-1, not put off. */
export function aRound(overrides: Overrides<Round> = {}): Round {
  return override<Round>(
    {
      v: healerMessageVersion,
      kind: "round",
      healer: "orphan-sweeper",
      cluster: "eu-1",
      traceId: "trace-1",
      putOff: 0,
    },
    overrides,
  );
}

/** What a forwarder saw: Pod shop/web-1 is overdue. */
export function aDelta(overrides: Overrides<Delta> = {}): Delta {
  return override<Delta>(
    {
      kind: "suspect",
      object: aRef(),
      resourceVersion: "1000",
      signals: ["PodOverdue"],
      observedAt: noon,
      traceId: "trace-1",
    },
    overrides,
  );
}

/** The last word on an escalation of eu-1, due at noon. */
export function aWord(overrides: Overrides<Word> = {}): Word {
  return override<Word>(
    {
      v: healerMessageVersion,
      kind: "word",
      healer: "orphan-sweeper",
      cluster: "eu-1",
      traceId: "trace-1",
      actionId: "escalate-1",
      dueAt: noon,
      hops: 0,
    },
    overrides,
  );
}
