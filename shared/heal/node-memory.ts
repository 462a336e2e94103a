import type { Case, NodeMemory, NodeState } from "../case/case.ts";
import { findCondition } from "../kubernetes/condition.ts";
import { readyStatus } from "../kubernetes/node.ts";
import type { Instant } from "../time/clock.ts";
import { hours, seconds } from "../time/duration.ts";
import type { NodeSubject, Subject } from "./subject.ts";

/**
 * A renewal every ten seconds, valid for forty (`nodeLeaseDurationSeconds`). By the node's own clock: one that is further ahead than this says nothing, and
 * one that is behind only looks older.
 */
const leaseFreshMs = seconds(40);
const clockMarginMs = seconds(30);
/** A kubelet that works takes a pod away, or says its first word of one, within this. */
const podMarginMs = seconds(30);
/** A longer gap between two looks is blind time: what was seen before does not count on (`design.md` §6). */
const blindAfterMs = seconds(120);
const changesWithinMs = hours(1);

/** The case with what this look adds to the memory of a node; the case of a pod as it is. */
export function withMemory(openCase: Case, subject: Subject, now: Instant): Case {
  return subject.kind === "node" ? { ...openCase, memory: remembered(openCase.memory, subject, now) } : openCase;
}

/** `now` by the cluster's own clock. */
function remembered(before: NodeMemory | undefined, subject: NodeSubject, now: Instant): NodeMemory {
  const state = stateOf(subject, now);
  const goesOn = before?.state === state && now - before.seenAt <= blindAfterMs;
  return {
    state,
    since: goesOn ? before.since : now,
    seenAt: now,
    readyChanges: readyChanges(before?.readyChanges ?? [], subject, now),
    ours: before?.ours ?? [],
  };
}

/** What a node is like at this moment, by what it and the pods on it show. */
export function stateOf(subject: NodeSubject, now: Instant): NodeState {
  switch (readyStatus(subject.node)) {
    case "False":
      return "notReady";
    case "Unknown":
      return "silent";
    case "True":
      return ailments(subject, now).length === 0 ? "well" : "ailing";
  }
}

/** Why a node that calls itself Ready is not well, in words. */
export function ailments({ lease, pods }: NodeSubject, now: Instant): readonly string[] {
  const renewedAt = lease?.renewedAt ?? Number.NEGATIVE_INFINITY;
  const isFresh = now - renewedAt <= leaseFreshMs && renewedAt - now <= clockMarginMs;
  const overdue = pods.filter(({ endsBy }) => now - (endsBy ?? now) > podMarginMs).length;
  const silent = pods.filter((each) => now - (each.silentSince ?? now) > podMarginMs).length;
  return [
    ...(isFresh ? [] : ["its Lease is not renewed"]),
    ...(overdue === 0 ? [] : [`${overdue} overdue ${overdue === 1 ? "pod stands" : "pods stand"} on it`]),
    ...(silent === 0 ? [] : [`its kubelet has not said a word of ${silent} ${silent === 1 ? "pod" : "pods"}`]),
  ];
}

function readyChanges(before: readonly Instant[], { node }: NodeSubject, now: Instant): readonly Instant[] {
  const last = findCondition(node.conditions, "Ready")?.lastTransitionTime;
  const known = last === undefined || before.includes(last) ? before : [...before, last];
  return known.filter((each) => now - each <= changesWithinMs);
}
