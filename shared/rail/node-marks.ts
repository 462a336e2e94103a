import { isMarkHeal } from "../heal/heal.ts";
import { readyStatus } from "../kubernetes/node.ts";
import { describeMark, isProvenDead, isSameMark, outOfServiceMark, suspectMark } from "../kubernetes/node-marks.ts";
import { type HealRail, leave, pass } from "./rail.ts";

/**
 * The last fence around a node, whatever a healer says: only our own two marks, only on the node that was judged; and out of service only a node whose
 * death is proven (`safety.md` §2.2), for PodGC then deletes everything on it.
 */
export const nodeMarks: HealRail = ({ subject, heal }) => {
  if (!isMarkHeal(heal)) return pass;
  const { taint } = heal;
  if (subject.kind !== "node" || subject.node.ref.uid !== heal.node.uid) {
    return leave("MarkUnproven", "Only the node that was judged may be marked.");
  }
  if (isSameMark(taint, suspectMark)) return pass;
  if (!isSameMark(taint, outOfServiceMark)) return leave("MarkUnproven", `${describeMark(taint)} is no mark of ours.`);
  const isReady = readyStatus(subject.node) === "True";
  if (heal.kind === "TaintNode" && (isReady || !isProvenDead(subject.node))) {
    return leave("DeathUnproven", `Nothing proves that node ${heal.node.name} is off: it is not put out of service.`);
  }
  return heal.kind === "UntaintNode" && !isReady
    ? leave("MarkUnproven", `Node ${heal.node.name} is not Ready: it stays out of service.`)
    : pass;
};
