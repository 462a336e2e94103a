import type { Delta, Signal } from "../../shared/delta/delta.ts";
import type { NodeFacts } from "../../shared/kubernetes/node.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { type AlarmClock, alarmClock } from "./alarm-clock.ts";
import type { Judgement } from "./classify.ts";
import type { ClusterTime } from "./cluster-time.ts";
import type { ForwarderSettings } from "./settings.ts";

type Facts = PodFacts | NodeFacts;

/** A delta before its id and its time. */
export type Finding = Omit<Delta, "traceId" | "observedAt">;

/**
 * Objects of interest: the suspects, repeated until they are well or gone, and those whose state will say something else at a known instant.
 *
 *   suspect ──(changes)──► told at once, pause back to 60 s
 *      │ └────(pause over)──► told again, pause doubled up to 10 min
 *      ├──(well)──► "recovered", once
 *      └──(gone)──► "gone", once
 *
 * A deletion is no recovery: a suspect whose signals end because it is being deleted stays one until it is gone. Every DELETE without grace comes
 * as two changes, the first of which only sets a new deletionTimestamp: an overdue pod is then not overdue for a moment, and one that no node
 * would have is not waiting any more.
 */
export interface Suspects {
  /** A newer state of an object, or another judgement of the same one. */
  look(facts: Facts): void;
  /** The object does not exist any more; whether it was a suspect (then it was said). */
  gone(uid: string, resourceVersion: string, finalState: Facts | undefined): boolean;
  /** Everything is repeated now and its pause begins anew: a flag may have changed. */
  resyncNow(): void;
  count(): number;
  run(signal: AbortSignal): Promise<void>;
}

export interface SuspectsOptions {
  readonly clock: Clock;
  readonly time: ClusterTime;
  readonly random: Random;
  readonly settings: Pick<ForwarderSettings, "resyncMs" | "resyncMaxMs" | "resyncJitter">;
  /** Judges by the clock of now. */
  readonly judge: (facts: Facts) => Judgement;
  readonly emit: (finding: Finding) => void;
  readonly resynced: () => void;
  readonly failed: (uid: string, error: unknown) => void;
}

interface Interest {
  readonly facts: Facts;
  /** Absent while it is well and only waits for an instant. */
  readonly suspect?: { readonly signals: readonly Signal[]; readonly pauseMs: number; readonly resyncAt: number };
}

/** The cluster's time comes in whole seconds: asking for it more often would only find the same second again. */
const soonestMs = 250;

export function suspects(options: SuspectsOptions): Suspects {
  const { clock, time, random, settings, judge, emit } = options;
  const interests = new Map<string, Interest>();
  let count = 0;
  const alarms: AlarmClock = alarmClock(clock, ring, options.failed);

  function put(uid: string, interest: Interest | undefined, lookAgainAt: number | undefined): void {
    count += (interest?.suspect === undefined ? 0 : 1) - (interests.get(uid)?.suspect === undefined ? 0 : 1);
    if (interest === undefined) interests.delete(uid);
    else interests.set(uid, interest);
    const moments: number[] = [];
    if (lookAgainAt !== undefined) moments.push(clock.monotonic() + Math.max(soonestMs, lookAgainAt - time.now()));
    if (interest?.suspect !== undefined) moments.push(interest.suspect.resyncAt);
    if (moments.length === 0) alarms.cancel(uid);
    else alarms.set(uid, Math.min(...moments));
  }

  /** A pause with jitter, from now. */
  function pauseFrom(pauseMs: number): { readonly pauseMs: number; readonly resyncAt: number } {
    const jitter = 1 + settings.resyncJitter * (2 * random.next() - 1);
    return { pauseMs, resyncAt: clock.monotonic() + pauseMs * jitter };
  }

  function tell(kind: "suspect" | "recovered", facts: Facts, signals: readonly Signal[]): void {
    emit({ kind, object: facts.ref, resourceVersion: facts.resourceVersion, signals, state: facts });
  }

  function look(facts: Facts): void {
    const { uid } = facts.ref;
    const before = interests.get(uid);
    const { signals, lookAgainAt } = judge(facts);
    if (signals.length === 0 && before?.suspect !== undefined && facts.deletionTimestamp !== undefined) {
      put(uid, { facts, suspect: before.suspect }, lookAgainAt);
      return;
    }
    if (signals.length === 0) {
      if (before?.suspect !== undefined) tell("recovered", facts, []);
      put(uid, lookAgainAt === undefined ? undefined : { facts }, lookAgainAt);
      return;
    }
    const known = before?.suspect;
    if (known !== undefined && sameSignals(known.signals, signals) && sameButHeartbeat(before?.facts, facts)) {
      put(uid, { facts, suspect: known }, lookAgainAt);
      return;
    }
    put(uid, { facts, suspect: { signals, ...pauseFrom(settings.resyncMs) } }, lookAgainAt);
    tell("suspect", facts, signals);
  }

  function ring(uid: string): void {
    const interest = interests.get(uid);
    if (interest === undefined) return;
    look(interest.facts);
    const { facts, suspect } = interests.get(uid) ?? {};
    if (facts === undefined || suspect === undefined || suspect.resyncAt > clock.monotonic()) return;
    const pauseMs = Math.min(settings.resyncMaxMs, suspect.pauseMs * 2);
    put(uid, { facts, suspect: { signals: suspect.signals, ...pauseFrom(pauseMs) } }, judge(facts).lookAgainAt);
    options.resynced();
    tell("suspect", facts, suspect.signals);
  }

  return {
    look,
    gone(uid, resourceVersion, finalState) {
      const interest = interests.get(uid);
      put(uid, undefined, undefined);
      if (interest?.suspect === undefined) return false;
      emit({
        kind: "gone",
        object: interest.facts.ref,
        resourceVersion,
        signals: [],
        ...(finalState === undefined ? { finalStateUnknown: true as const } : { state: finalState }),
      });
      return true;
    },
    resyncNow() {
      for (const [uid, { facts, suspect }] of interests) {
        if (suspect === undefined) continue;
        const { signals } = suspect;
        put(uid, { facts, suspect: { signals, ...pauseFrom(settings.resyncMs) } }, judge(facts).lookAgainAt);
        tell("suspect", facts, signals);
      }
    },
    count: () => count,
    run: (signal) => alarms.run(signal),
  };
}

function sameSignals(a: readonly Signal[], b: readonly Signal[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

/** Whether nothing but the version and heartbeats differ: a kubelet writes its node's every few minutes. */
function sameButHeartbeat(a: Facts | undefined, b: Facts): boolean {
  return a === b || (a !== undefined && fingerprint(a) === fingerprint(b));
}

function fingerprint(facts: Facts): string {
  return JSON.stringify(facts, (key, value) =>
    key === "resourceVersion" || key === "lastHeartbeatTime" ? undefined : value,
  );
}
