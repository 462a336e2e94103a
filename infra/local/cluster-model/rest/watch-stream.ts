import type { ServerResponse } from "node:http";
import type { Clock } from "../../../../shared/time/clock.ts";
import type { WatchAnswer } from "../api/request.ts";
import type { FaultDesk } from "../faults.ts";
import type { WatchEvent } from "../watch.ts";
import { jsonText } from "./json-text.ts";
import { sendPaced } from "./paced.ts";

/** Sends a watch as lines of JSON until either side ends it. Waits for a slow reader; what piles up meanwhile is bounded by the watch itself. */
export async function streamWatch(
  { watch, present }: WatchAnswer,
  outgoing: ServerResponse,
  desk: FaultDesk,
  clock: Clock,
): Promise<void> {
  let wake: () => void = () => {};
  watch.onReady(() => wake());
  const stopGarbage = desk.onGarbage((line) => outgoing.write(`${line}\n`));
  outgoing.once("close", () => {
    watch.close();
    wake();
  });
  for (;;) {
    const event = watch.take();
    if (event === undefined) {
      if (watch.ended() || outgoing.destroyed) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    await send(lineOf(event, present), outgoing, desk, clock);
  }
  stopGarbage();
  outgoing.end();
}

function lineOf(event: WatchEvent, present: (object: unknown) => unknown): string {
  const object = event.type === "ERROR" ? event.object : present(event.object);
  return `{"type":"${event.type}","object":${jsonText(object)}}\n`;
}

async function send(line: string, outgoing: ServerResponse, desk: FaultDesk, clock: Clock): Promise<void> {
  const pace = desk.pace();
  if (pace) {
    await sendPaced(outgoing, Buffer.from(line), pace, clock);
    return;
  }
  if (outgoing.write(line) || outgoing.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.once("drain", go);
    outgoing.once("close", go);
  });
}
