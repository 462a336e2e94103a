import { foreignRemediator } from "./foreign-remediator.ts";
import { incidentHold } from "./incident-hold.ts";
import { nodeBrake } from "./node-brake.ts";
import { nodeMarks } from "./node-marks.ts";
import { nodeTasks } from "./node-tasks.ts";
import { optOut } from "./opt-out.ts";
import { ownership } from "./ownership.ts";
import { poolBrake } from "./pool-brake.ts";
import { barePod, protectedClass } from "./protected-class.ts";
import type { HealRail, SubjectRail } from "./rail.ts";
import { stormBrake } from "./storm-brake.ts";

/** In order: what is not ours to touch or to talk about. */
export const subjectRails: readonly SubjectRail[] = [optOut, protectedClass, foreignRemediator];

/**
 * In order: what holds a write back. Budgets come after these, as they are spent; the disruption budget and the order of the rest are the
 * attempt's (`shared/heal/attempt.ts`).
 */
export const healRails: readonly HealRail[] = [
  barePod,
  nodeMarks,
  nodeTasks,
  incidentHold,
  ({ cluster }) => stormBrake(cluster),
  nodeBrake,
  poolBrake,
  ownership,
];
