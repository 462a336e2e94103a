import { readyStatus } from "../kubernetes/node.ts";
import { markOn, suspectMark } from "../kubernetes/node-marks.ts";
import { type HealRail, leave, pass } from "./rail.ts";

/**
 * The last fence of rungs, whatever a healer says: only the node that was judged, only under our own mark (nothing is repaired that still takes new pods),
 * and never a silent one: nobody there could answer, and a partition would carry it out when it heals.
 */
export const nodeTasks: HealRail = ({ subject, heal }) => {
  if (heal.kind !== "AskNodeTask") return pass;
  if (subject.kind !== "node" || subject.node.ref.uid !== heal.node.uid) {
    return leave("TaskUnproven", "Only the node that was judged may be asked for a task.");
  }
  if (markOn(subject.node, suspectMark) === undefined) {
    return leave("TaskUnproven", `Node ${heal.node.name} does not carry our mark: nothing is asked of it.`);
  }
  return readyStatus(subject.node) === "Unknown"
    ? leave("TaskUnproven", `Node ${heal.node.name} is silent: nothing is asked of it.`)
    : pass;
};
