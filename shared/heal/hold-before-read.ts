import type { ClusterState } from "../cluster/cluster-state.ts";
import type { FlagAnswer } from "../flag/flag.ts";
import { freshness, openBreaker } from "../rail/freshness.ts";
import type { RailAnswer } from "../rail/rail.ts";
import { stormBrake } from "../rail/storm-brake.ts";
import type { Instant } from "../time/clock.ts";

/** The first that says no before anything is read from the cluster: flag, breaker, freshness, brake. */
export function holdBeforeRead(
  flag: FlagAnswer,
  state: ClusterState,
  now: Instant,
): Exclude<RailAnswer, { kind: "pass" }> | undefined {
  const rails = [
    () => flagHold(flag),
    () => openBreaker(state, now),
    () => freshness(state, now),
    () => stormBrake(state),
  ];
  for (const rail of rails) {
    const answer = rail();
    if (answer.kind !== "pass") return answer;
  }
  return undefined;
}

/** A flag that says nothing is one that says no, for now. */
export function flagHold(flag: FlagAnswer): RailAnswer {
  switch (flag.kind) {
    case "mode":
      return { kind: "pass" };
    case "absent":
      return {
        kind: "wait",
        reason: "FlagAbsent",
        message: "No flag row is in force: nothing is done without one.",
        forMs: 60_000,
      };
    case "unreadable":
      return {
        kind: "wait",
        reason: "FlagUnreadable",
        message: `The flag cannot be read: ${flag.detail}`,
        forMs: 60_000,
      };
  }
}
