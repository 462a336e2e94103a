import type { ZoneReport } from "../delta/cluster-report.ts";
import type { Instant } from "../time/clock.ts";
import { formatDuration } from "../time/duration.ts";
import type { Brake, BrakeState } from "./brake.ts";
import { limits } from "./limits.ts";

/** From how many not-ready nodes, and from which share of all nodes, on: both must be met (`safety.md` §1.3). */
const halvedFrom = { nodes: 2, share: 0.1 };
const frozenFrom = { nodes: 3, share: 0.2 };

const rank: Readonly<Record<BrakeState, number>> = { released: 0, halved: 1, frozen: 2 };
const oneLower: Readonly<Record<BrakeState, BrakeState>> = {
  frozen: "halved",
  halved: "released",
  released: "released",
};

interface Target {
  readonly state: BrakeState;
  readonly reason: string;
}

/**
 * The brake after a report. `now` is when the queue took the report, so that a backlog that is worked off in a second is not taken for ten good
 * minutes in a row, nor a gap in the reports for a good one.
 *
 * It is pulled at once and gives way one step at a time, each after the numbers have allowed it for ten minutes without a gap: then even the
 * worst of them allowed it.
 */
export function nextBrake(previous: Brake | undefined, zones: readonly ZoneReport[], now: Instant): Brake {
  const nodes = sum(zones, (each) => each.ready + each.notReady + each.unknown);
  const notReady = sum(zones, (each) => each.notReady + each.unknown);
  const target = targetOf(nodes, notReady);
  const releasedAt = previous?.releasedAt;
  const seen = { nodes, notReady, zones, updatedAt: now };
  const since = releasedAt === undefined ? {} : { releasedAt };

  if (previous === undefined || rank[target.state] >= rank[previous.state]) return { ...target, ...seen, ...since };

  const wasBlind = now - previous.updatedAt > limits.reportMaxAgeMs;
  const betterSince = wasBlind ? now : (previous.betterSince ?? now);
  if (now - betterSince < limits.brakeExitMs) {
    const reason = `held until it has been better for ${formatDuration(limits.brakeExitMs)}`;
    return { state: previous.state, reason, ...seen, betterSince, ...since };
  }
  const state = oneLower[previous.state];
  const released = previous.state === "frozen" ? { releasedAt: now } : since;
  if (state === target.state) return { ...target, ...seen, ...released };
  return {
    state,
    reason: `better since ${formatDuration(limits.brakeExitMs)}`,
    ...seen,
    betterSince: now,
    ...released,
  };
}

function targetOf(nodes: number, notReady: number): Target {
  // Empty is not all: a list that came back empty, or a selector that matches nothing, must not look like a healthy cluster.
  if (nodes === 0) return { state: "frozen", reason: "the report counts no nodes" };
  if (notReady === nodes) return { state: "frozen", reason: "every zone is down" };
  if (reaches(frozenFrom, nodes, notReady)) return { state: "frozen", reason: `frozen from ${words(frozenFrom)} on` };
  if (reaches(halvedFrom, nodes, notReady)) return { state: "halved", reason: `halved from ${words(halvedFrom)} on` };
  return { state: "released", reason: `below ${words(halvedFrom)}` };
}

const reaches = (from: typeof halvedFrom, nodes: number, notReady: number): boolean =>
  notReady >= from.nodes && notReady >= from.share * nodes;

const words = (from: typeof halvedFrom): string => `${from.nodes} nodes and ${from.share * 100}%`;

function sum(zones: readonly ZoneReport[], count: (zone: ZoneReport) => number): number {
  return zones.reduce((total, each) => total + count(each), 0);
}
