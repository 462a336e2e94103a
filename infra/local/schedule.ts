import type { Clock } from "../../shared/time/clock.ts";
import type { QueueDatabase } from "./queue-server/queue-database.ts";
import type { ScheduleSpec } from "./template.ts";

/**
 * What EventBridge does with a rule: puts its message on its queue, again and again. Every `everyMs` of the rule, divided by `lab`; the first time at once, where EventBridge
 * waits a whole period: a run on one machine is often over by then.
 */
export function startSchedule(options: {
  readonly spec: ScheduleSpec;
  readonly queues: Pick<QueueDatabase, "send">;
  readonly lab: number;
  readonly clock: Clock;
  /** The store failed. */
  readonly onFailure: (error: unknown) => void;
}): { stop(): Promise<void> } {
  const { spec, queues, lab, clock, onFailure } = options;
  const ended = new AbortController();
  const run = async () => {
    while (!ended.signal.aborted) {
      try {
        queues.send(spec.queue, [{ body: spec.body, attributes: {}, sender: "events.amazonaws.com" }]);
      } catch (error) {
        onFailure(error);
        return;
      }
      await clock.sleep(spec.everyMs / lab, ended.signal);
    }
  };
  const running = run();
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}
