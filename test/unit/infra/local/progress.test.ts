import { expect, test } from "vitest";
import { progressOn } from "../../../../infra/local/progress.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

function stage(isTty: boolean) {
  const clock = manualClock();
  const written: string[] = [];
  const progress = progressOn({ isTty, write: (text) => written.push(text) }, clock);
  const step = async (ms: number) => {
    const done = progress.step("packing", () => clock.sleep(ms).then(() => "result"));
    await clock.advance(ms);
    return done;
  };
  return { written, progress, step };
}

test("without a terminal a step is one line, and a sign of life every five seconds", async () => {
  const { written, step } = stage(false);
  expect(await step(12_000)).toBe("result");
  expect(written).toEqual(["  packing\n", "  still packing, 5.0 s\n", "  still packing, 10.0 s\n"]);
});

test("on a terminal the line counts in place, and what took long leaves its time", async () => {
  const { written, step } = stage(true);
  await step(1_000);
  expect(written.slice(0, 2)).toEqual(["\r  packing … 0.2 s\u001b[K", "\r  packing … 0.4 s\u001b[K"]);
  expect(written.slice(-2)).toEqual(["\r\u001b[K", "  packing: 1.0 s\n"]);
});

test("what was quick leaves nothing", async () => {
  const { written, step } = stage(true);
  await step(900);
  expect(written.at(-1)).toBe("\r\u001b[K");
});

test("a step that fails ends its line and fails on", async () => {
  const { written, progress } = stage(true);
  await expect(progress.step("packing", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(written).toEqual(["\r\u001b[K"]);
});
