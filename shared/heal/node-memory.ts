import type { Case, NodeMemory, NodeState } from "../case/case.ts";
import { findCondition } from "../kubernetes/condition.ts";
import { deviceNames, lostDevices } from "../kubernetes/devices.ts";
import { readyStatus } from "../kubernetes/node.ts";
import { markOn, suspectMark } from "../kubernetes/node-marks.ts";
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
/** Boots and rungs: a node that boots twice a day by itself is broken (S0-57). */
const rememberedForMs = hours(24);

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
    ...bootsAfter(before, subject, now),
    ...kubeletAfter(before, subject, now),
    ...devicesAfter(before, subject, now),
    ...movableAfter(before, subject),
    ...triedAfter(before, now),
  };
}

function bootsAfter(before: NodeMemory | undefined, { node }: NodeSubject, now: Instant): Pick<NodeMemory, "boots"> {
  if (node.bootId === "") return before?.boots === undefined ? {} : { boots: before.boots };
  const known = before?.boots ?? [];
  const all = known.at(-1)?.id === node.bootId ? known : [...known, { id: node.bootId, at: now }];
  // The one that it runs in stays, however old; and the one before the first change that counts.
  return { boots: all.filter((_, n) => now - (all[n + 1]?.at ?? now) <= rememberedForMs) };
}

function kubeletAfter(before: NodeMemory | undefined, { node }: NodeSubject, now: Instant) {
  const { kubeletVersion: version } = node;
  if (version === "") return before?.kubelet === undefined ? {} : { kubelet: before.kubelet };
  if (before?.kubelet?.version === version) return { kubelet: before.kubelet };
  return { kubelet: { version, at: before?.kubelet === undefined ? 0 : now } };
}

function devicesAfter(before: NodeMemory | undefined, { node }: NodeSubject, now: Instant) {
  const lostSince = before?.devicesLostSince;
  // What is gone for a day was taken away on purpose, if the node itself does not miss it.
  const isKept = lostSince === undefined || now - lostSince <= rememberedForMs;
  const seen = isKept ? (before?.devices ?? {}) : {};
  const names = new Set([...Object.keys(seen), ...deviceNames(node)]);
  if (names.size === 0) return {};
  const most = (name: string) => Math.max(seen[name] ?? 0, node.allocatable[name] ?? 0);
  const devices = Object.fromEntries([...names].map((name) => [name, most(name)]));
  const isLost = lostDevices(node, devices).length > 0;
  return { devices, ...(isLost ? { devicesLostSince: lostSince ?? now } : {}) };
}

function movableAfter(before: NodeMemory | undefined, { node, pods }: NodeSubject): Pick<NodeMemory, "movable"> {
  const isDrained = readyStatus(node) === "False" && markOn(node, suspectMark) !== undefined;
  return isDrained ? { movable: before?.movable ?? pods.filter((each) => each.movable).length } : {};
}

function triedAfter(before: NodeMemory | undefined, now: Instant): Pick<NodeMemory, "tried"> {
  const tried = (before?.tried ?? []).filter(({ at }) => now - at <= rememberedForMs);
  return tried.length === 0 ? {} : { tried };
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
