import type { Case } from "../../shared/case/case.ts";
import type { Action } from "../../shared/ledger/action.ts";
import type { Lifecycle } from "../../shared/lifecycle/lifecycle.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { outcomeCell } from "./action-list.ts";
import { briefDuration } from "./brief-time.ts";
import type { PodRecord } from "./pod-record.ts";
import type { Cell } from "./text-table.ts";

/** One thing that happened. */
export interface Moment {
  readonly at: Instant;
  readonly what: Cell;
  /** Told below it. */
  readonly details: readonly Cell[];
}

/**
 * Everything that happened to a pod, in order. Kubernetes writes whole seconds and we do not, so instants are compared and told by the second; within one,
 * things stand in their natural order.
 */
export function podTimeline({
  life,
  actions,
  cases,
}: Pick<PodRecord, "life" | "actions" | "cases">): readonly Moment[] {
  // An eviction asks for the deletion; a deletion by force follows one.
  const evictions = actions.filter(({ heal }) => heal.kind.startsWith("Evict"));
  const moments = [
    ...firstSteps(life),
    ...exits(life),
    ...cases.map((each) => opened(each)),
    ...evictions.map((each) => acted(each, cases)),
    ...deletion(life),
    ...actions.filter((each) => !evictions.includes(each)).map((each) => acted(each, cases)),
    ...moment(life.goneAt, { text: "gone" }),
  ];
  const second = (instant: Instant) => Math.floor(instant / 1_000);
  return moments.toSorted((a, b) => second(a.at) - second(b.at));
}

/** Whether the node's steps stand before those of the API server that must have come first. */
export function clocksDiffer({
  createdAt,
  scheduledAt,
  startedAt,
  sandboxAt,
  firstStartedAt,
  readyAt,
}: Lifecycle): boolean {
  const bound = Math.max(createdAt ?? 0, scheduledAt ?? 0);
  return [startedAt, sandboxAt, firstStartedAt, readyAt].some((each) => each !== undefined && each < bound);
}

function moment(at: Instant | undefined, what: Cell, details: readonly Cell[] = []): readonly Moment[] {
  return at === undefined ? [] : [{ at, what, details }];
}

function firstSteps(life: Lifecycle): readonly Moment[] {
  const { createdAt, scheduledAt, startedAt, sandboxAt, firstStartedAt, readyAt, nodeName } = life;
  return [
    ...moment(createdAt, { text: "created" }),
    ...moment(scheduledAt, { text: nodeName === undefined ? "scheduled" : `scheduled to ${nodeName}` }),
    ...moment(startedAt, { text: "taken on by the kubelet" }),
    ...moment(sandboxAt, { text: "sandbox ready" }),
    ...moment(firstStartedAt, { text: "first container started" }),
    ...moment(readyAt, { text: "ready", style: "green" }),
  ];
}

function exits({ exits = [] }: Lifecycle): readonly Moment[] {
  return exits.flatMap(({ container, at, exitCode, reason }) => {
    const text = `container ${container} ended: ${reason ?? "no reason given"}, exit code ${exitCode}`;
    return moment(at, exitCode === 0 ? { text } : { text, style: "yellow" });
  });
}

function deletion({ deletionRequestedAt, deletionAt }: Lifecycle): readonly Moment[] {
  if (deletionRequestedAt === undefined) return moment(deletionAt, { text: "grace over" });
  if (deletionAt === undefined || deletionAt <= deletionRequestedAt) {
    return moment(deletionRequestedAt, { text: "deletion requested, without a grace" });
  }
  const grace = briefDuration(deletionAt - deletionRequestedAt);
  return [
    ...moment(deletionRequestedAt, { text: `deletion requested, grace ${grace}` }),
    ...moment(deletionAt, { text: "grace over" }),
  ];
}

function opened(each: Case): Moment {
  return { at: each.openedAt + shiftOf(each), what: { text: `case opened by ${each.key.healer}` }, details: [] };
}

function acted(action: Action, cases: readonly Case[]): Moment {
  const { healer, heal, mode, reason, plannedAt, outcome } = action;
  const escalated = heal.kind === "Escalate";
  const verb = escalated ? "escalated" : mode === "observe" ? `would ${heal.kind}` : heal.kind;
  const result = outcomeCell(action);
  const words = outcome === undefined || outcome.message === "" ? result.text : `${result.text}: ${outcome.message}`;
  return {
    at: plannedAt + shiftOf(cases.find((each) => each.key.healer === healer)),
    what: { text: `${verb}: ${reason}`, style: escalated ? "yellow" : "bold" },
    details: [{ text: `by ${healer}`, style: "dim" }, ...(escalated ? [] : [{ ...result, text: words }])],
  };
}

/** Cases and actions are told by our clock. The cluster's is known to the second: a smaller difference is none. */
function shiftOf(openCase: Case | undefined): number {
  const offsetMs = openCase?.clockOffsetMs ?? 0;
  return Math.abs(offsetMs) < 2_000 ? 0 : offsetMs;
}
