import { decide } from "../../../../functions/notready-handler/decide.ts";
import type { Fleet } from "../../../../functions/notready-handler/fleet.ts";
import { saidOfNode } from "../../../../functions/notready-handler/said.ts";
import type { Case, NodeMemory, Symptom } from "../../../../shared/case/case.ts";
import type { HopelessRung } from "../../../../shared/heal/rung-record.ts";
import type { NodeSubject } from "../../../../shared/heal/subject.ts";
import type { Condition } from "../../../../shared/kubernetes/condition.ts";
import type { EventFacts } from "../../../../shared/kubernetes/event.ts";
import type { NodeFacts } from "../../../../shared/kubernetes/node.ts";
import { suspectMark } from "../../../../shared/kubernetes/node-marks.ts";
import { hours, minutes } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNode, aTaint } from "../../../build/node.ts";
import { aNodePolicy } from "../../../build/node-policy.ts";
import { aNodeMemory, aNodeSubject } from "../../../build/node-subject.ts";
import { aCondition } from "../../../build/pod.ts";

/** What a look finds around a node; well and alone where nothing is said. */
export interface Situation {
  readonly node?: NodeFacts;
  readonly subject?: Partial<NodeSubject>;
  readonly events?: readonly EventFacts[];
  readonly fleet?: Fleet;
  readonly hungPods?: readonly string[];
  readonly hopeless?: readonly HopelessRung[];
  readonly memory?: Partial<NodeMemory>;
  readonly symptoms?: readonly Symptom[];
  readonly openCase?: Partial<Case>;
  readonly knobs?: object;
  readonly now?: number;
}

/** The verdict, with everything that is said read through the release's catalogue. */
export function judge(situation: Situation) {
  const {
    node = aNode(),
    subject = {},
    events = [],
    fleet,
    hungPods,
    hopeless,
    memory = {},
    symptoms,
    openCase = {},
  } = situation;
  const facts = {
    subject: aNodeSubject({ node, ...subject }),
    said: saidOfNode(node, events, aKnowledge().catalogue),
    ...(fleet === undefined ? {} : { fleet }),
    ...(hungPods === undefined ? {} : { hungPods }),
    ...(hopeless === undefined ? {} : { hopeless }),
  };
  const about = anOpenCase({
    healer: "notready-handler",
    object: node.ref,
    memory: aNodeMemory(memory),
    ...(symptoms === undefined ? {} : { symptoms }),
    ...openCase,
  });
  return decide(facts, about, aNodePolicy(situation.knobs), situation.now ?? noon);
}

/** Seen not Ready by looks without a gap for an hour. */
export const seenNotReady = { state: "notReady", since: atNoon(-hours(1)) } as const;

/** Ready=False with this message, for ten minutes. */
export function sayingNotReady(
  message: string,
  overrides: Parameters<typeof aNode>[0] & { readonly since?: number } = {},
): NodeFacts {
  const { since = atNoon(-minutes(10)), ...members } = overrides;
  const ready = aCondition({
    type: "Ready",
    status: "False",
    reason: "KubeletNotReady",
    message,
    lastTransitionTime: since,
  });
  return aNode({ conditions: [ready, ...(members.conditions ?? [])], ...withoutConditions(members) });
}

function withoutConditions({ conditions: _, ...members }: Parameters<typeof aNode>[0] & object) {
  return members;
}

/** A Ready node beside whose Ready this condition stands. */
export function readyWith(condition: Partial<Condition> & { readonly type: string }): NodeFacts {
  const since = atNoon(-minutes(10));
  const bad = aCondition({
    status: "True",
    lastTransitionTime: since,
    lastHeartbeatTime: atNoon(-minutes(1)),
    ...condition,
  });
  return aNode({ conditions: [...aNode().conditions, bad] });
}

export const suspected = (since: number) => aTaint({ ...suspectMark, timeAdded: since });

/** The kubelet's Event about the node. */
export function nodeEvent(members: Partial<EventFacts>): EventFacts {
  const { name } = aNode().ref;
  return anEvent({ regarding: { kind: "Node", namespace: "", name, uid: name }, ...members });
}

export const pleg = "PLEG is not healthy: pleg was last seen active 12m4s ago; threshold is 3m0s";
