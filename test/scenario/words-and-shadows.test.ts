import { describe, expect, it } from "vitest";
import type { Verdict } from "../../shared/heal/heal.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aWakeUp } from "../build/message.ts";
import { aNode } from "../build/node.ts";
import { anOverduePod, aPod } from "../build/pod.ts";
import { aDeployment } from "../build/workload.ts";
import { scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage } from "./stage.ts";

const pod = anOverduePod();
const stuck: Verdict = { kind: "escalate", reason: "FinalizersHold", message: "Held by example.com/x." };

describe("an escalation", () => {
  it("is told once: one ledger row, one Warning Event, however often it is judged again", async () => {
    const stage = await aStage(scriptedHealer(() => stuck));
    stage.api.putPod(pod);
    for (let sighting = 0; sighting < 6; sighting++) {
      await stage.sight(pod);
      await stage.pass(seconds(60));
    }
    expect(stage.api.events.map((each) => [each.type, each.reason, each.note])).toEqual([
      ["Warning", "FinalizersHold", "Held by example.com/x."],
    ]);
    const actions = await stage.deps.ledger.list();
    expect(actions.map((each) => [each.heal.kind, each.outcome?.kind])).toEqual([["Escalate", "Done"]]);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ escalated: { reason: "FinalizersHold" }, state: "open" });
    expect(stage.api.writes).toEqual([]);
  });

  it("is told once when the process dies between its steps", async () => {
    const stage = await aStage(scriptedHealer(() => stuck));
    stage.api.putPod(pod);
    const cases = stage.deps.cases as unknown as { failNext(method: string, error: Error): void };
    cases.failNext("save", new Error("killed"));
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    await stage.sight(pod);
    expect(stage.api.events).toHaveLength(1);
    expect(await stage.deps.ledger.list()).toHaveLength(1);
  });

  it("is told in the end when the process dies after the mark", async () => {
    const stage = await aStage(scriptedHealer(() => stuck));
    stage.api.putPod(pod);
    const recordEvent = stage.api.recordEvent;
    stage.api.recordEvent = () => Promise.reject(new Error("killed"));
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    stage.api.recordEvent = recordEvent;
    await stage.pass(seconds(60));
    await stage.sight(pod);
    await stage.sight(pod);
    expect(stage.api.events.map((each) => each.reason)).toEqual(["FinalizersHold"]);
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Done"]);
  });

  it("does not keep a case from being healed after all", async () => {
    let verdict: Verdict = stuck;
    const stage = await aStage(scriptedHealer(() => verdict));
    stage.api.putPod(pod);
    await stage.sight(pod);
    const heal = { kind: "ForceDeletePod", pod: pod.ref, resourceVersion: "1000", node: aNode().ref } as const;
    verdict = { kind: "heal", heal, reason: "Overdue", message: "Overdue." };
    await stage.pass(seconds(60));
    await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(1);
  });

  it("about a workload is one for all of its pods (X-10)", async () => {
    const about = aDeployment().ref;
    const stage = await aStage(
      scriptedHealer(() => ({ ...stuck, about, reason: "PinnedRejectionLoop" }), "orphan-sweeper"),
    );
    for (const name of ["a", "b", "c"]) {
      const each = anOverduePod({ name });
      stage.api.putPod(each);
      await stage.sight(each);
    }
    expect(stage.api.events.map((each) => each.regarding.name)).toEqual([about.name]);
  });

  it("about a workload, of which its teller did not live to see the end, has a last word after an hour though no pod of it is left", async () => {
    const about = aDeployment().ref;
    const stage = await aStage(scriptedHealer(() => ({ ...stuck, about }), "orphan-sweeper"));
    stage.api.putPod(pod);
    const ledger = stage.deps.ledger as unknown as { failNext(method: string, error: Error): void };
    ledger.failNext("settle", new Error("killed"));
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    stage.api.removePod(pod);
    const outcomes = async () => (await stage.deps.ledger.list()).map(({ outcome }) => outcome?.kind);
    await stage.pass(minutes(60));
    expect(await outcomes()).toEqual([undefined]);
    await stage.pass(minutes(2));
    expect(await outcomes()).toEqual(["Unknown"]);
    expect(stage.api.events).toHaveLength(1);
  });

  it("about a workload leaves no case that nobody judged, where its teller ends before it is told", async () => {
    const about = aDeployment().ref;
    const stage = await aStage(scriptedHealer(() => ({ ...stuck, about }), "orphan-sweeper"));
    stage.api.putPod(pod);
    const ledger = stage.deps.ledger as unknown as { failNext(method: string, error: Error): void };
    ledger.failNext("plan", new Error("killed"));
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    const verdict = { kind: "escalate", reason: "FinalizersHold", message: "Held by example.com/x.", mode: "act" };
    expect(await stage.caseOf(about.uid, "orphan-sweeper")).toMatchObject({ state: "open", verdict });
    await stage.sight(pod);
    expect(await stage.caseOf(about.uid, "orphan-sweeper")).toMatchObject({ verdict, escalated: {} });
    expect((await stage.caseOf(about.uid, "orphan-sweeper"))?.verdict?.times).toBeUndefined();
    expect(stage.api.events).toHaveLength(1);
  });

  it("that was told keeps the outcome that it has", async () => {
    const stage = await aStage(scriptedHealer(() => ({ ...stuck, about: aDeployment().ref })));
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(minutes(70));
    expect((await stage.deps.ledger.list()).map(({ outcome }) => outcome?.kind)).toEqual(["Done"]);
  });

  it("about a workload does not put off the look at the pod itself", async () => {
    const time = { due: 0, now: () => 0 };
    const verdict = (): Verdict =>
      time.now() < time.due
        ? { ...stuck, about: aDeployment().ref, until: time.due }
        : { kind: "leave", reason: "Seen", message: "Seen." };
    const stage = await aStage(scriptedHealer(verdict));
    time.now = stage.clock.now;
    time.due = stage.clock.now() + seconds(5);
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "escalate" });
    await stage.pass(seconds(8));
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "leave", reason: "Seen" });
  });
});

describe("an escalation about something shared", () => {
  const shared: Verdict = { kind: "escalate", about: aNode().ref, reason: "RejectionLoop", message: "Loop." };
  const sightings = async (mode: "act" | "observe", gapMs: number) => {
    const stage = await aStage(scriptedHealer(() => shared, "orphan-sweeper"));
    await stage.flagRows.set(aFlagRow({ mode }));
    for (let n = 0; n < 6; n++) {
      const each = anOverduePod({ name: `p-${n}` });
      stage.api.putPod(each);
      await stage.sight(each);
      stage.api.removePod(each);
      await stage.pass(gapMs);
    }
    return stage;
  };

  it("stands once in the ledger in observe mode, whoever looks", async () => {
    const stage = await sightings("observe", seconds(5));
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Observed"]);
  });

  it("is not told again while the cause goes on, however long", async () => {
    const stage = await sightings("act", hours(10));
    expect(stage.api.events).toHaveLength(1);
  });

  it("is told again when the cause comes back after a quiet day", async () => {
    const stage = await sightings("act", hours(25));
    expect(stage.api.events).toHaveLength(6);
  });

  it("told by two looks at once leaves no row behind that looks unfinished", async () => {
    const stage = await aStage(scriptedHealer(() => shared, "orphan-sweeper"));
    const pods = [1, 2, 3, 4].map((n) => anOverduePod({ name: `p-${n}` }));
    for (const each of pods) stage.api.putPod(each);
    const looks = pods.map(async (each, n) => {
      await stage.clock.sleep(n);
      return stage.sight(each);
    });
    await Promise.all([...looks, stage.clock.advance(10)]);
    expect(stage.api.events).toHaveLength(1);
    const outcomes = (await stage.deps.ledger.list()).map((each) => each.outcome?.kind);
    expect(outcomes.filter((each) => each === "Done")).toHaveLength(1);
    expect(outcomes).not.toContain(undefined);
  });
});

describe("observe mode (S2-13, X-11)", () => {
  async function observing(verdict?: () => Verdict) {
    const stage = await aStage(verdict === undefined ? scriptedHealer() : scriptedHealer(verdict));
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    stage.api.putPod(pod);
    return stage;
  }

  it("writes nothing, says what would have been done, and holds that for an hour", async () => {
    const stage = await observing();
    for (let sighting = 0; sighting < 5; sighting++) {
      await stage.sight(pod);
      await stage.pass(minutes(5));
    }
    expect(stage.api.writes).toEqual([]);
    expect(stage.api.events).toEqual([]);
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({
      kind: "heal",
      reason: "Overdue",
      mode: "observe",
    });
    const actions = await stage.deps.ledger.list();
    expect(actions.map((each) => [each.mode, each.heal.kind, each.outcome?.kind])).toEqual([
      ["observe", "ForceDeletePod", "Observed"],
    ]);
    expect(await stage.deps.leaks.list()).toEqual([]);
  });

  it("says it again after the hour", async () => {
    const stage = await observing();
    await stage.sight(pod);
    await stage.pass(hours(1) + seconds(5));
    await stage.sight(pod);
    expect(await stage.deps.ledger.list()).toHaveLength(2);
  });

  it("heals at the next sighting when the mode becomes act", async () => {
    const stage = await observing();
    await stage.sight(pod);
    await stage.flagRows.set(aFlagRow({ mode: "act" }));
    await stage.pass(seconds(3));
    await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(1);
  });

  it("spends shadow budgets only", async () => {
    const stage = await observing();
    await stage.sight(pod);
    const cluster = { limit: 20, windowMs: minutes(10), title: "" };
    expect(await stage.deps.budgets.used({ ...cluster, key: "observe#cluster#eu-1" }, stage.clock.now())).toBe(1);
    expect(await stage.deps.budgets.used({ ...cluster, key: "act#cluster#eu-1" }, stage.clock.now())).toBe(0);
  });

  it("keeps an escalation to the ledger", async () => {
    const stage = await observing(() => stuck);
    await stage.sight(pod);
    await stage.pass(minutes(2));
    await stage.sight(pod);
    expect(stage.api.events).toEqual([]);
    expect((await stage.deps.ledger.list()).map((each) => [each.mode, each.outcome?.kind])).toEqual([
      ["observe", "Observed"],
    ]);
  });
});

describe("waiting", () => {
  const until = (ms: number): Verdict => ({ kind: "wait", until: ms, reason: "GraceRunning", message: "Not yet." });

  /** A healer that waits for an instant and then only says that it has seen the pod. */
  async function waitingFor(ms: number) {
    const time = { due: 0, now: () => 0 };
    const stage = await aStage(
      scriptedHealer(() =>
        time.now() < time.due ? until(time.due) : { kind: "leave", reason: "Seen", message: "Seen." },
      ),
    );
    time.now = stage.clock.now;
    time.due = stage.clock.now() + ms;
    stage.api.putPod(pod);
    return stage;
  }

  it("wakes itself when the time has come, and looks at nothing before", async () => {
    const stage = await waitingFor(minutes(5));
    await stage.sight(pod);
    const reads = stage.api.reads();
    await stage.pass(minutes(4));
    expect(await stage.sight(pod)).toEqual({ kind: "TooEarly" });
    expect(stage.api.reads()).toBe(reads);
    await stage.pass(minutes(1) + seconds(4));
    expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "leave", reason: "Seen" });
  });

  it("longer than a queue can delay re-arms itself on the way", async () => {
    const stage = await waitingFor(minutes(40));
    await stage.sight(pod);
    const handled = await stage.pass(minutes(40) + seconds(10));
    expect(handled.map((each) => each.kind)).toEqual(["Rearmed", "Rearmed", "Decided"]);
  });

  it("drops a wake-up whose case has moved on", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    expect(await stage.receive(JSON.stringify(aWakeUp({ object: pod.ref, caseVersion: 9 })))).toEqual({
      kind: "Superseded",
    });
    expect(stage.api.writes).toEqual([]);
  });

  it("ends with a recovery: the case closes", async () => {
    const stage = await aStage(scriptedHealer(() => ({ kind: "leave", reason: "NotTerminal", message: "It runs." })));
    const live = aPod();
    stage.api.putPod(live);
    await stage.sight(live);
    expect(await stage.sight(live, "recovered")).toEqual({ kind: "Closed", reason: "Recovered" });
  });
});

describe("a resting case whose object vanished while nobody watched", () => {
  it.each<[string, Verdict, "act" | "observe"]>([
    ["left", { kind: "leave", reason: "OptedOut", message: "Opted out." }, "act"],
    ["escalated", stuck, "act"],
    ["escalated in a dry run", stuck, "observe"],
    [
      "healed in a dry run",
      {
        kind: "heal",
        heal: { kind: "EvictTerminalPod", pod: pod.ref, resourceVersion: "1000" },
        reason: "Residue",
        message: "Old.",
      },
      "observe",
    ],
  ])("is closed within about an hour: %s", async (_, verdict, mode) => {
    const stage = await aStage(scriptedHealer(() => verdict));
    await stage.flagRows.set(aFlagRow({ mode }));
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(hours(3));
    stage.api.removePod(pod);
    await stage.pass(hours(1) + minutes(5));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed" });
    expect(stage.queue.messages()).toEqual([]);
  });
});

describe("messages", () => {
  it("that cannot be read go into quarantine with their code, and are not tried again (X-01)", async () => {
    const stage = await aStage(scriptedHealer());
    for (const body of ["", "{", "[]", '{"v":1}', JSON.stringify({ ...aWakeUp(), healer: "someone-else" })]) {
      expect(await stage.receive(body)).toMatchObject({ kind: "Quarantined" });
    }
    expect(stage.quarantine.messages()).toHaveLength(5);
    expect(stage.api.reads()).toBe(0);
  });

  it("of a cluster that is not registered any more are dropped", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.clusters.remove("eu-1");
    expect(await stage.sight(pod)).toEqual({ kind: "NotRegistered" });
    expect(stage.api.writes).toEqual([]);
  });
});

describe("switched off", () => {
  it("a healer still sees its own last write through", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.flagRows.set(aFlagRow({ mode: "off" }));
    await stage.pass(seconds(13));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
  });

  it("a healer reads nothing, and looks again once it is switched on at what went unseen: no other word says that it is gone", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.breakDown();
    await stage.sight(pod);
    stage.api.mend();
    stage.api.removePod(pod);
    await stage.flagRows.set(aFlagRow({ mode: "off" }));
    const before = stage.api.reads();
    await stage.pass(minutes(40));
    expect(stage.api.reads()).toBe(before);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "open" });
    await stage.flagRows.set(aFlagRow({ mode: "act" }));
    await stage.pass(minutes(15));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
  });
});
