import type { Verdict } from "../../shared/heal/heal.ts";
import { readyStatus } from "../../shared/kubernetes/node.ts";
import { isSameMark, markOn, outOfServiceMark } from "../../shared/kubernetes/node-marks.ts";
import { type Look, lookEveryMs, type Reason, target, wait } from "./look.ts";

/** Somebody, or we, said that it is off. Taken back only where we said so, and nothing of before is left there. */
export function outOfService(look: Look): Verdict<Reason> {
  const { subject, openCase, name } = look;
  const { node, pods } = subject;
  const standing = markOn(node, outOfServiceMark);
  const isOurs = openCase.memory?.ours.some((each) => isSameMark(each, outOfServiceMark)) === true;
  if (standing === undefined || !isOurs) {
    const message = `${name} was put out of service by somebody else: it is theirs to give back.`;
    return { kind: "leave", reason: "OutOfServiceByOthers", message };
  }
  const old = pods.filter((each) => (each.creationTimestamp ?? 0) <= (standing.timeAdded ?? look.now)).length;
  const missing = [
    ...(readyStatus(node) === "True" ? [] : ["it is not Ready"]),
    ...(old === 0 ? [] : [`${old} pods of before are left`]),
    ...(node.volumesInUse === undefined ? [] : [`${node.volumesInUse} volumes are in use`]),
  ];
  if (missing.length > 0) {
    return wait(look, "OutOfService", look.now + lookEveryMs, `is out of service: ${missing.join(", ")}`);
  }
  return {
    kind: "heal",
    heal: { kind: "UntaintNode", ...target(subject), taint: outOfServiceMark },
    reason: "BackInService",
    message: `${name} is Ready, and nothing of before is left on it: back in service.`,
  };
}
