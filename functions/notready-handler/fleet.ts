import { findCondition } from "../../shared/kubernetes/condition.ts";
import { type NodeFacts, readyStatus } from "../../shared/kubernetes/node.ts";
import { unansweredTask } from "../../shared/kubernetes/node-task.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";
import { notReadyReason } from "./ready-reason.ts";
import type { NotReadyReason } from "./reasons.ts";

/** Another node of the cluster. */
export interface Sibling {
  readonly ref: ObjectRef;
  readonly ready: "True" | "False" | "Unknown";
  readonly since: Instant;
  /** Why it is not Ready. */
  readonly reason?: NotReadyReason;
  /** A rung is being tried on it. */
  readonly task?: string;
}

/** The cluster's other nodes: those that are not Ready, and those that became Ready lately. */
export interface Fleet {
  readonly nodes: number;
  readonly siblings: readonly Sibling[];
}

/** Nodes that fail one after the other within this are one failure that spreads (S2-02) … */
const spreadingWithinMs = minutes(30);
/** … if they do not fail together, which is the storm brake's business. */
const spreadOverMs = minutes(1);
const spreadingFrom = 3;
/** Two more nodes that fail within this after something was moved were failed by it (S1-13). */
const cascadeWithinMs = minutes(10);
const cascadeFrom = 2;

/** What is kept of a list of nodes; `now` by the cluster's clock. */
export function fleetOf(nodes: readonly NodeFacts[], self: ObjectRef, now: Instant): Fleet {
  const siblings = nodes
    .filter(({ ref }) => ref.uid !== self.uid)
    .map((node): Sibling & { readonly isNew: boolean } => {
      const since = findCondition(node.conditions, "Ready")?.lastTransitionTime ?? 0;
      const task = unansweredTask(node);
      return {
        ref: node.ref,
        ready: readyStatus(node),
        since,
        ...(readyStatus(node) === "True" ? {} : { reason: notReadyReason(node) }),
        ...(task === undefined ? {} : { task }),
        isNew: now - (node.creationTimestamp ?? 0) <= spreadingWithinMs,
      };
    })
    // A new node becomes Ready for the first time: it recovered from nothing.
    .filter(({ ready, since, isNew }) => ready !== "True" || (!isNew && now - since <= spreadingWithinMs))
    .map(({ isNew: _, ...sibling }) => sibling);
  return { nodes: nodes.length, siblings };
}

type NotReady = Pick<Sibling, "ref" | "since">;

/** Nodes that ceased to be Ready one after the other, none of which came back; the third is the one to speak of: stable, and nobody was told of it before. */
export function spreading(fleet: Fleet, self: NotReady, now: Instant): readonly ObjectRef[] | undefined {
  const isLate = ({ since }: NotReady) => now - since <= spreadingWithinMs;
  const failing = [...fleet.siblings.filter(({ ready }) => ready !== "True"), self].filter(isLate).toSorted(byAge);
  const [first] = failing;
  const last = failing.at(-1);
  if (first === undefined || last === undefined || failing.length < spreadingFrom) return undefined;
  if (last.since - first.since < spreadOverMs) return undefined;
  const recovered = fleet.siblings.some((each) => each.ready === "True" && each.since >= first.since);
  return recovered ? undefined : failing.map(({ ref }) => ref);
}

/** Nodes that are not Ready for the same reason, this one among them; undefined below three (S2-09). */
export function sharing(fleet: Fleet, self: NotReady, reason: NotReadyReason): readonly ObjectRef[] | undefined {
  if (reason === "NotReadyOther") return undefined;
  const alike = [...fleet.siblings.filter((each) => each.reason === reason), self].toSorted(byAge);
  return alike.length < spreadingFrom ? undefined : alike.map(({ ref }) => ref);
}

/** Nodes that failed within the last ten minutes: two, and nothing more is moved to the others (S1-13). */
export function cascading(fleet: Fleet, now: Instant): boolean {
  const late = fleet.siblings.filter((each) => each.ready !== "True" && now - each.since <= cascadeWithinMs);
  return late.length >= cascadeFrom;
}

/** The one that stands for all: whoever looks finds the same. */
export function spokesman(nodes: readonly ObjectRef[]): ObjectRef | undefined {
  return nodes[spreadingFrom - 1];
}

function byAge(a: NotReady, b: NotReady): number {
  return a.since - b.since || (a.ref.name < b.ref.name ? -1 : 1);
}
