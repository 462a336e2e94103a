import type { Instant } from "../time/clock.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** When a life began, as far as is known: its creation, else the first instant that is told of it, else 0. */
export function beganAt(life: Lifecycle): Instant {
  if (life.createdAt !== undefined) return life.createdAt;
  const { scheduledAt, startedAt, sandboxAt, firstStartedAt, readyAt, deletionRequestedAt, deletionAt, goneAt } = life;
  const known = [scheduledAt, startedAt, sandboxAt, firstStartedAt, readyAt, deletionRequestedAt, deletionAt, goneAt];
  const instants = known.filter((each) => each !== undefined);
  return instants.length === 0 ? 0 : Math.min(...instants);
}

/** Of two lives of one name the later one first. */
export function newestLifeFirst(a: Lifecycle, b: Lifecycle): number {
  return beganAt(b) - beganAt(a) || (a.pod.uid < b.pod.uid ? 1 : -1);
}
