import { expect, test } from "vitest";
import { caseReporter } from "../../../../infra/local/case-reporter.ts";
import type { Host } from "../../../../infra/local/host.ts";
import type { Case } from "../../../../shared/case/case.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";
import { memoryCaseStore } from "../../../fakes/memory-case-store.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";

function stage({ json = false } = {}) {
  const clock = manualClock();
  const cases = memoryCaseStore();
  const written: { out: string[]; err: string[] } = { out: [], err: [] };
  const terminal = (lines: string[]) => ({
    isTty: false,
    colour: false,
    write: (text: string) => void lines.push(text.trimEnd()),
    size: () => ({ width: 80, height: 24 }),
  });
  const ended = new AbortController();
  const host: Host = {
    root: "",
    version: "1",
    pid: 1,
    environment: {},
    clock,
    random: seededRandom(1),
    stdout: terminal(written.out),
    stderr: terminal(written.err),
    ended: ended.signal,
    fail: () => {},
  };
  const reporter = caseReporter({ host, json, cases, title: "", notices: () => [] });
  const save = async (name: string, more: Partial<Case>, version = 1) => {
    const next: Case = {
      key: { healer: "terminating-reaper", cluster: "a", uid: name },
      object: { kind: "Pod", namespace: "shop", name, uid: name },
      version,
      state: "open",
      openedAt: clock.now(),
      updatedAt: clock.now(),
      attempts: 0,
      traceId: "t",
      ...more,
    };
    await cases.save(next, version - 1);
    await clock.advance(1_000);
  };
  const end = async () => {
    ended.abort();
    await clock.advance(1_000);
  };
  return { clock, cases, written, reporter, save, run: () => void reporter.run(ended.signal), end };
}

const verdict = (kind: "heal" | "wait" | "leave", reason: string, mode: "act" | "observe" = "act") => ({
  verdict: { kind, reason, message: "Why.", at: 0, mode },
});

test("a line for each change of words, none for a repetition or a case without a verdict", async () => {
  const { written, save, run, end } = stage();
  run();
  await save("p1", {});
  await save("p1", verdict("wait", "MarginRunning"), 2);
  await save("p1", verdict("wait", "MarginRunning"), 3);
  await save("p1", verdict("heal", "OverdueOnReadyNode"), 4);
  await save("p1", { ...verdict("heal", "OverdueOnReadyNode"), state: "closed", closedBecause: "Healed" }, 5);
  await end();
  expect(written.out).toEqual([
    "a shop/p1: wait MarginRunning (Why.)",
    "a shop/p1: heal OverdueOnReadyNode (Why.)",
    "a shop/p1: closed: Healed",
  ]);
});

test("observe mode says would", async () => {
  const { written, save, run, end } = stage();
  run();
  await save("p1", verdict("wait", "MarginRunning", "observe"));
  await save("p1", verdict("heal", "OverdueOnReadyNode", "observe"), 2);
  await end();
  expect(written.out).toEqual([
    "a shop/p1: wait MarginRunning (Why.)",
    "a shop/p1: would heal OverdueOnReadyNode (Why.)",
  ]);
});

test("many changes of one kind are told together", async () => {
  const { written, save, run, end } = stage();
  for (const index of [1, 2, 3, 4, 5]) await save(`p${index}`, verdict("leave", "KeptAsEvidence"));
  run();
  await end();
  expect(written.out).toHaveLength(4);
  expect(written.out.at(-1)).toBe("a leave KeptAsEvidence: 2 more");
});

test("with --json standard output holds nothing but an object per change", async () => {
  const { written, reporter, save, run, end } = stage({ json: true });
  reporter.say("Knitbone is watching a");
  run();
  await save("p1", verdict("heal", "OverdueOnReadyNode"));
  await end();
  expect(written.err).toEqual(["Knitbone is watching a"]);
  expect(written.out.map((line) => JSON.parse(line))).toEqual([
    {
      cluster: "a",
      healer: "terminating-reaper",
      object: { kind: "Pod", namespace: "shop", name: "p1", uid: "p1" },
      state: "open",
      verdict: "heal",
      reason: "OverdueOnReadyNode",
      message: "Why.",
      mode: "act",
    },
  ]);
});

test("a table that does not answer is told once, and the watch goes on", async () => {
  const { written, cases, save, run, clock, end } = stage();
  cases.failNext("list", new Error("reading table cases: no answer"), 3);
  run();
  await clock.advance(5_000);
  await save("p1", verdict("leave", "OptedOut"));
  await end();
  expect(written.out).toEqual(["knitbone: reading table cases: no answer", "a shop/p1: leave OptedOut (Why.)"]);
});
