import type { ClusterState } from "../cluster/cluster-state.ts";
import type { Heal } from "../heal/heal.ts";
import type { Subject } from "../heal/subject.ts";
import type { Incident } from "../incident/incident.ts";

/** What a rail says. `leave`: not ours to touch, whatever time it is. `wait`: not now; looked at again in `forMs`. */
export type RailAnswer =
  | { readonly kind: "pass" }
  | { readonly kind: "leave"; readonly reason: string; readonly message: string }
  | { readonly kind: "wait"; readonly reason: string; readonly message: string; readonly forMs: number };

export const pass: RailAnswer = { kind: "pass" };

export function leave(reason: string, message: string): RailAnswer {
  return { kind: "leave", reason, message };
}

/** Held because something outside the object says no for now: looked at again after 60 s. */
export function waitAMinute(reason: string, message: string): RailAnswer {
  return { kind: "wait", reason, message, forMs: 60_000 };
}

export interface RailContext {
  readonly subject: Subject;
  readonly heal: Heal;
  readonly cluster: ClusterState;
  readonly incidents: readonly Incident[];
}

/** Holds writes and words alike: an object that somebody else answers for is not even talked about. */
export type SubjectRail = (subject: Subject) => RailAnswer;

/** Holds a write back. */
export type HealRail = (context: RailContext) => RailAnswer;

/** The first answer that is not "pass". */
export function firstHold<Input>(rails: readonly ((input: Input) => RailAnswer)[], input: Input): RailAnswer {
  for (const rail of rails) {
    const answer = rail(input);
    if (answer.kind !== "pass") return answer;
  }
  return pass;
}
