import { findCondition } from "../kubernetes/condition.ts";
import type { EventFacts } from "../kubernetes/event.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { ContainerFacts, PodFacts } from "../kubernetes/pod.ts";
import { readyMessageParts } from "../kubernetes/ready-message.ts";
import type { Channel, Sighting } from "./signature.ts";

/** What a pod's state says in words: its own message, and those of containers that wait. */
export function saidByPod({ reason, message, containers }: PodFacts): readonly Sighting[] {
  return [
    ...said("podStatus", reason, message),
    ...containers.flatMap((each) =>
      each.state === "waiting" ? said("containerStatus", reasonOfWait(each), each.message) : [],
    ),
  ];
}

/** A back-off says only that a container waits. Of a run that was killed for its memory the kubelet has no words but this reason. */
function reasonOfWait({ reason, lastTerminated }: ContainerFacts): string | undefined {
  const isKilled = reason === "CrashLoopBackOff" && lastTerminated?.reason === "OOMKilled";
  return isKilled ? "OOMKilled" : reason;
}

/** Why a node is not Ready: its message is several, joined. */
export function saidByNode({ conditions }: NodeFacts): readonly Sighting[] {
  const ready = findCondition(conditions, "Ready");
  if (ready === undefined || ready.status === "True") return [];
  return readyMessageParts(ready.message ?? "").flatMap(({ text }) => said("nodeCondition", ready.reason, text));
}

/** Not our own words; nor the scheduler's, which are read by classes (S0-13) and have no signatures. */
export function saidByEvent({ reason, message, source }: EventFacts): readonly Sighting[] {
  const isRead = source.startsWith("knitbone.io/") || reason === "FailedScheduling";
  return isRead ? [] : said("event", reason, message);
}

function said(channel: Channel, reason: string | undefined, text: string | undefined): readonly Sighting[] {
  return text === undefined || text === "" ? [] : [{ channel, reason: reason ?? "", text }];
}
