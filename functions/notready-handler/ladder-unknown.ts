import type { Verdict } from "../../shared/heal/heal.ts";
import { stateOf } from "../../shared/heal/node-memory.ts";
import {
  describeMark,
  isProvenDead,
  markOn,
  outOfServiceMark,
  suspectMark,
} from "../../shared/kubernetes/node-marks.ts";
import { flapping, likelyCauses, readySince, rebooting } from "./causes.ts";
import { inStateSince, type Look, mark, type Reason, wait } from "./look.ts";
import { spreadingFailure, suspect, tellCause } from "./suspect.ts";

/** Kubelet or host say nothing. A drain would stop nothing there, and kill healthy pods when a partition heals; a rung would be carried out then. */
export function silent(look: Look): Verdict<Reason> {
  const { subject, openCase, policy, now, name } = look;
  const { node } = subject;
  const isMarked = markOn(node, suspectMark) !== undefined;
  if (isMarked && isProvenDead(node)) {
    const because = `${name} is silent, and its cloud says that the machine is shut down`;
    return mark(look, outOfServiceMark, "ShutdownProven", `${because}: its pods are deleted and its volumes let go.`);
  }
  const wayOut = `Bring it back; or make sure that it is off and taint it ${describeMark(outOfServiceMark)}`;
  const what = `is silent, and nothing proves that it is off. ${wayOut}`;
  const flaps = flapping(look);
  const correlation = flaps ?? rebooting(look);
  const words = `${correlation === undefined ? what : `${correlation.words}; it ${what}`}${likelyCauses(look)}`;
  const cause = correlation?.reason ?? "NodeSilent";
  if (isMarked) return spreadingFailure(look) ?? tellCause(look, cause, "NodeSilent", words);
  const since = Math.max(readySince(look), inStateSince(openCase, stateOf(subject, now), now));
  if (now < since + policy.notReadyForMs && flaps === undefined) {
    return wait(look, "SilentYet", since + policy.notReadyForMs, what);
  }
  return spreadingFailure(look) ?? suspect(look, cause, words);
}
