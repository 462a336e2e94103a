import type { Stage } from "../fixtures/scenario.ts";
import { scenarios } from "../fixtures/scenarios.ts";

/** One cause of the signature catalogue, shown by a real kubelet, scheduler or controller beside a running Knitbone. */
export interface CauseStory {
  /** Of `shared/catalogue/*.yaml`. */
  readonly cause: string;
  /** In kebab case; also its namespace. */
  readonly name: string;
  stage(stage: Stage): Promise<void>;
}

/** What Knitbone concludes without moving anything. */
export interface LeftStory extends CauseStory {
  readonly healer: "pending-rescheduler" | "orphan-sweeper";
  readonly verdict: "wait" | "leave" | "escalate";
  readonly reason: string;
  /** What is told before, where the lab's shorter times make that come first. */
  readonly toldBefore?: string;
}

/** The same that a fixture is recorded from. */
export function recorded(cause: string, name: string): CauseStory {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`the story of ${cause}: no scenario is called ${name}`);
  return { cause, name, stage: (stage) => found.stage(stage) };
}
