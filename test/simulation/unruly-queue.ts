import { KnitboneError } from "../../shared/errors.ts";
import type { OutgoingMessage, Queue } from "../../shared/queue/queue.ts";
import { seconds } from "../../shared/time/duration.ts";
import type { Weather } from "./weather.ts";

/** SQS takes no longer delay. */
const longestDelayMs = seconds(900);

/** A queue that delays, repeats, reorders and loses answers, as far as SQS's promises allow. */
export function unrulyQueue(name: string, queue: Queue, weather: Weather): Queue {
  const errors = weather.dice("queueErrors");
  const noAnswer = (doing: string) =>
    new KnitboneError("QueueUnavailable", `${doing} ${name}: no answer`, { retryable: true });

  /** Fails before or after the call, or not at all. */
  const unsure = async <T>(doing: string, call: () => Promise<T>): Promise<T> => {
    if (!errors.chance(weather.knobs().queueErrors)) return call();
    const isLost = errors.chance(0.5);
    weather.note(`${doing} ${name} fails ${isLost ? "after" : "before"} it took effect`);
    if (isLost) await call();
    throw noAnswer(doing);
  };

  const held = (message: OutgoingMessage): OutgoingMessage => {
    const { queueDelays, reordering } = weather.knobs();
    const late = weather.dice("queueDelays");
    const overtaken = weather.dice("reordering");
    const extraMs =
      (late.chance(queueDelays) ? seconds(late.between(10, 60)) : 0) +
      (overtaken.chance(reordering) ? seconds(overtaken.between(1, 3)) : 0);
    const delayMs = Math.min(longestDelayMs, (message.delayMs ?? 0) + extraMs);
    return extraMs === 0 ? message : { ...message, delayMs };
  };

  return {
    send: (messages) =>
      unsure("sending to", async () => {
        const twice = weather.dice("duplicates");
        const again = messages.filter(() => twice.chance(weather.knobs().duplicates));
        if (again.length > 0) await queue.send(again.map(held));
        return queue.send(messages.map(held));
      }),
    receive: (options) => unsure("receiving from", () => queue.receive(options)),
    acknowledge: (receipts) => unsure("acknowledging in", () => queue.acknowledge(receipts)),
    changeVisibility: (receipt, visibilityMs) => queue.changeVisibility(receipt, visibilityMs),
  };
}
