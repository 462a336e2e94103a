/** The facts that a delta may carry, as `shared/kubernetes` projects them at the edge. */
import * as z from "zod/mini";
import type { Condition } from "../kubernetes/condition.ts";
import type { EventFacts } from "../kubernetes/event.ts";
import type { NodeFacts } from "../kubernetes/node.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { ContainerFacts, EndedRun, PodFacts } from "../kubernetes/pod.ts";
import { amount, amounts, instant, looseRef, objectRef, text, texts } from "./wire-schema.ts";

const refOf = (kind: "Pod" | "Node" | "Event"): z.ZodMiniType<ObjectRef> =>
  objectRef.check(z.refine((ref) => ref.kind === kind, `not the facts of a ${kind}`));

const meta = {
  resourceVersion: text,
  creationTimestamp: z.exactOptional(instant),
  deletionTimestamp: z.exactOptional(instant),
  deletionGracePeriodSeconds: z.exactOptional(amount),
  finalizers: z.array(text),
  labels: texts,
  annotations: texts,
  owner: z.exactOptional(z.object({ apiVersion: text, kind: text, name: text, uid: text })),
};

const condition: z.ZodMiniType<Condition> = z.object({
  type: text,
  status: text,
  reason: z.exactOptional(text),
  message: z.exactOptional(text),
  lastTransitionTime: z.exactOptional(instant),
  lastHeartbeatTime: z.exactOptional(instant),
});

const endedRun: z.ZodMiniType<EndedRun> = z.object({
  exitCode: amount,
  reason: z.exactOptional(text),
  startedAt: z.exactOptional(instant),
  finishedAt: z.exactOptional(instant),
});

const container: z.ZodMiniType<ContainerFacts> = z.object({
  name: text,
  role: z.enum(["init", "sidecar", "main"]),
  state: z.enum(["waiting", "running", "terminated", "absent"]),
  reason: z.exactOptional(text),
  message: z.exactOptional(text),
  exitCode: z.exactOptional(amount),
  startedAt: z.exactOptional(instant),
  finishedAt: z.exactOptional(instant),
  restartCount: amount,
  lastTerminated: z.exactOptional(endedRun),
  ready: z.boolean(),
  image: text,
});

const toleration = z.object({
  key: text,
  operator: text,
  value: text,
  effect: text,
  tolerationSeconds: z.exactOptional(amount),
});

const taint = z.object({ key: text, value: text, effect: text, timeAdded: z.exactOptional(instant) });

export const podFacts: z.ZodMiniType<PodFacts> = z.object({
  ...meta,
  ref: refOf("Pod"),
  phase: text,
  reason: z.exactOptional(text),
  message: z.exactOptional(text),
  nodeName: z.exactOptional(text),
  startTime: z.exactOptional(instant),
  conditions: z.array(condition),
  containers: z.array(container),
  priorityClassName: z.exactOptional(text),
  qosClass: z.exactOptional(text),
  tolerations: z.array(toleration),
  volumeClaims: z.array(text),
  hasResourceClaims: z.boolean(),
  hasHostPort: z.boolean(),
  extendedResources: z.array(text),
  schedulingGates: z.array(text),
  requests: amounts,
});

export const nodeFacts: z.ZodMiniType<NodeFacts> = z.object({
  ...meta,
  ref: refOf("Node"),
  taints: z.array(taint),
  unschedulable: z.boolean(),
  conditions: z.array(condition),
  allocatable: amounts,
  capacity: amounts,
  bootId: text,
  kubeletVersion: text,
  containerRuntimeVersion: text,
  kernelVersion: text,
  osImage: text,
  providerId: text,
  volumesInUse: z.exactOptional(amount),
});

export const eventFacts: z.ZodMiniType<EventFacts> = z.object({
  ...meta,
  ref: refOf("Event"),
  type: text,
  reason: text,
  message: z.exactOptional(text),
  regarding: looseRef,
  source: text,
  count: amount,
  lastSeenAt: z.exactOptional(instant),
});
