import type { ZoneReport } from "../delta/cluster-report.ts";
import type { Instant } from "../time/clock.ts";

export type BrakeState =
  | "released"
  /** Budgets of live pods are halved. */
  | "halved"
  /** Nothing is written: so much fails at once that we may be the ones who cannot see. */
  | "frozen";

/** The storm brake of one cluster: computed from each report by the dispatcher, read by every healer. */
export interface Brake {
  readonly state: BrakeState;
  readonly reason: string;
  readonly nodes: number;
  readonly notReady: number;
  readonly zones: readonly ZoneReport[];
  /** Since when the numbers would allow a lower state; the brake gives way only after `brakeExitMs` of that. */
  readonly betterSince?: Instant;
  /** When `state` was last released: clocks of conditions start again there. */
  readonly releasedAt?: Instant;
  readonly updatedAt: Instant;
}
