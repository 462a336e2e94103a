import type { Verdict } from "../../shared/heal/heal.ts";
import { isSameMark, suspectMark } from "../../shared/kubernetes/node-marks.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { readySince } from "./causes.ts";
import { sharing, spokesman, spreading } from "./fleet.ts";
import { type Look, mark, type Reason, target, tell, wait } from "./look.ts";
import type { NotReadyReason, SickReason } from "./reasons.ts";
import { nextRung } from "./rungs.ts";

/** Out of scheduling by our mark; not again where somebody took it away. */
export function suspect(look: Look, reason: SickReason, what: string): Verdict<Reason> {
  if (look.openCase.memory?.ours.some((each) => isSameMark(each, suspectMark)) === true) {
    const message = `${look.name} ${what}; somebody took our mark away, and has it in hand.`;
    return { kind: "leave", reason: "MarkTakenAway", message };
  }
  return mark(look, suspectMark, reason, `${look.name} ${what}; no new pods are placed there.`);
}

/** Nodes cease to be Ready one after the other: none of them is touched, and people hear of it once, not once per node (S2-02). */
export function spreadingFailure(look: Look): Verdict<Reason> | undefined {
  const { fleet } = look.facts;
  const { ref } = look.subject.node;
  const failing = fleet && spreading(fleet, { ref, since: readySince(look) }, look.now);
  if (fleet === undefined || failing === undefined) return undefined;
  const what = `is one of ${failing.length} of ${fleet.nodes} nodes that ceased to be Ready one after the other, and none came back (${names(failing)}): nothing is done to any of them. Look for what they share`;
  return tell(look, "ProgressiveNotReady", what, spokesman(failing));
}

/** One cause on many nodes is told once (S2-09); else this node's own. */
export function tellCause(
  look: Look,
  cause: SickReason,
  ownReason: NotReadyReason,
  what: string,
): Extract<Verdict<Reason>, { kind: "escalate" }> {
  const { fleet } = look.facts;
  const { ref } = look.subject.node;
  const alike = fleet && sharing(fleet, { ref, since: readySince(look) }, ownReason);
  if (alike === undefined) return tell(look, cause, what);
  const shared = `${what}. ${alike.length} nodes say the same (${names(alike)}): one cause, told once`;
  return tell(look, "SharedCause", shared, spokesman(alike));
}

/** Under our mark: the next rung, as long as one is left. undefined: none is, or none may be. `words`: why not, for people. */
export function climb(
  look: Look,
  cause: SickReason,
  what: string,
  emptied: boolean,
): { readonly verdict: Verdict<Reason> } | { readonly verdict?: never; readonly words: string; readonly hung?: true } {
  const step = nextRung(look, cause, emptied);
  switch (step.kind) {
    case "ask": {
      const { openedAt, attempts } = look.openCase;
      const task = { rung: step.rung, id: `${openedAt.toString(36)}-${attempts + 1}`, cause };
      const heal = { kind: "AskNodeTask", ...target(look.subject), ...task } as const;
      const skipped = step.skipped === undefined ? "" : ` (RungNeverHelps: ${step.skipped})`;
      const message = `${look.name} ${what}; it is asked for ${step.rung}${skipped}.`;
      return { verdict: { kind: "heal", heal, reason: cause, message } };
    }
    case "wait":
      return { verdict: wait(look, "RungTried", step.until, `${what}; it ${step.words}`) };
    case "unanswered":
      return { verdict: tell(look, "RungUnanswered", `${what}; it ${step.words}`) };
    case "hopeless":
      return { verdict: tell(look, "RungNeverHelps", `${what}; nothing more is tried: ${step.words}`) };
    case "hung":
      return { words: `; its kubelet is not restarted, for ${step.words}`, hung: true };
    case "none":
      return { words: step.words === undefined ? "" : `; ${step.words}` };
  }
}

function names(nodes: readonly ObjectRef[]): string {
  const shown = nodes.slice(0, 5).map(({ name }) => name);
  return nodes.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}
