import { expect, it } from "vitest";
import { terminatingReaper } from "../../functions/terminating-reaper/healer.ts";
import type { LogFields, LogLevel, SwitchableLog } from "../../shared/log/log.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aNamespace } from "../build/namespace.ts";
import { aPod } from "../build/pod.ts";
import { aStage } from "./stage.ts";

/** Keeps lines as a function would whose deployed level is info. */
function recordingLog(lines: string[], always: LogFields = {}, level: LogLevel = "info"): SwitchableLog {
  const write = (name: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${name} ${message} ${{ ...always, ...fields }["object"]}`);
  return {
    debug: level === "debug" ? write("debug") : () => {},
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => recordingLog(lines, { ...always, ...fields }, level),
    at: (switched) => recordingLog(lines, always, switched ?? level),
  };
}

it("the log of one healer in one namespace says more for as long as somebody asked, and no table is read more often (S2-05)", async () => {
  const lines: string[] = [];
  const stage = await aStage(terminatingReaper({ overdueMarginMs: minutes(2) }), { by: { log: recordingLog(lines) } });
  const { api, clock, flagRows } = stage;
  api.putNamespace(aNamespace({ name: "bank" }));
  const pods = ["shop", "bank"].map((namespace) => aPod({ namespace }));
  for (const pod of pods) api.putPod(pod);
  const debugLines = async () => {
    lines.length = 0;
    for (const pod of pods) await stage.sight(pod);
    return lines.filter((each) => each.startsWith("debug"));
  };

  expect(await debugLines()).toEqual([]);
  await flagRows.setLevel({
    scope: "eu-1/shop",
    healer: "terminating-reaper",
    level: "debug",
    until: clock.now() + minutes(5),
    reason: "a close look",
    by: "jo",
    updatedAt: clock.now(),
  });
  await clock.advance(seconds(31));
  await stage.report();
  const reads = flagRows.calls("read");
  expect(await debugLines()).toEqual([
    "debug Taken up Pod shop/web-1",
    "debug Why Pod shop/web-1",
    "debug Done with Pod shop/web-1",
  ]);
  expect(flagRows.calls("read") - reads).toBe(2);
  await clock.advance(minutes(5));
  await stage.report();
  expect(await debugLines()).toEqual([]);
});
