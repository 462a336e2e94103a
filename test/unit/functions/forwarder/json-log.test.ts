import { expect, it } from "vitest";
import { jsonLog } from "../../../../functions/forwarder/json-log.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

it("writes one line of JSON per message, in ASCII, without debug lines unless asked", () => {
  const lines: string[] = [];
  const clock = manualClock();
  const log = jsonLog(clock, (line) => lines.push(line)).with({ cluster: "eu-1" });
  log.debug("quiet");
  log.with({ resource: "pods" }).warn("listing again", { err: "\u001b[31mé\n", failures: 2 });
  jsonLog(clock, (line) => lines.push(line), true).debug("loud");
  expect(lines).toEqual([
    '{"time":"2026-11-21T12:00:00.000Z","level":"warn","message":"listing again","cluster":"eu-1","resource":"pods",' +
      '"err":"\\u001b[31m\\u00e9\\n","failures":2}\n',
    '{"time":"2026-11-21T12:00:00.000Z","level":"debug","message":"loud"}\n',
  ]);
});
