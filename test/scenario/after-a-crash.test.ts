import { describe, expect, it } from "vitest";
import type { Cluster } from "../../shared/cluster/cluster.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { anOpenCase } from "../build/case.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { anOverduePod } from "../build/pod.ts";
import { memoryLedger } from "../fakes/memory-ledger.ts";
import { type ScriptedFacts, scriptedHealer } from "../fakes/scripted-healer.ts";
import { steppingProcess } from "../fakes/stepping-process.ts";
import { aStage, type Stage } from "./stage.ts";

const pod = anOverduePod();
const killed = new Error("killed");
const visibilityMs = seconds(180);

type Judge = (facts: ScriptedFacts) => Verdict;

const forced: Judge = (facts) => scriptedHealer().decide(facts, anOpenCase(), 0);
const told: Verdict = { kind: "escalate", reason: "StatefulPod", message: "Look at it." };
const tellPeople: Judge = () => told;

/** The same world with another cluster in it. */
function withCluster(deps: PipelineDeps, change: (cluster: Cluster) => Partial<Cluster>): PipelineDeps {
  const connect: PipelineDeps["connections"]["connect"] = async (registered) => {
    const cluster = await deps.connections.connect(registered);
    return { ...cluster, ...change(cluster) };
  };
  return { ...deps, connections: { connect } };
}

/** A stage whose next processes die at the first call of this name, as often as asked. */
async function dying(judge?: Judge) {
  let deadly: string | undefined;
  let dead = false;
  const deciding = scriptedHealer(judge);
  const stage = await aStage(deciding, {
    through: (deps) =>
      steppingProcess(deps, (name, call) => {
        if (name === deadly) dead = true;
        return dead ? Promise.reject(killed) : call();
      }),
  });
  return {
    stage,
    /** A sighting whose process dies right before this call, and the lease that runs out after it. */
    async dieBefore(name: string) {
      deadly = name;
      await expect(stage.sight(pod)).rejects.toThrow("killed");
      deadly = undefined;
      dead = false;
      await stage.clock.advance(visibilityMs);
      await stage.report();
    },
  };
}

describe("a process that dies after another one died", () => {
  it.each(["budgets.spend", "claims.take", "ledger.settle"])(
    "before it came to %s does not lose the action of the first",
    async (name) => {
      const { stage, dieBefore } = await dying();
      stage.api.putPod(pod);
      await dieBefore("leaks.open");
      await dieBefore(name);
      await stage.sight(pod);
      await stage.pass(seconds(13));
      const outcomes = (await stage.deps.ledger.list()).map((each) => each.outcome?.kind);
      expect(outcomes.toSorted()).toEqual(["Done", "Unknown"]);
      expect(stage.api.writes).toHaveLength(1);
    },
  );

  it("and after an attempt without effect has both actions settled when the pod is gone, and the later one verified", async () => {
    const { stage, dieBefore } = await dying();
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "Done" });
    await stage.sight(pod);
    await stage.clock.advance(seconds(60));
    await stage.report();
    await dieBefore("ledger.settle");
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Done", "Done"]);
    await stage.sight(pod, "gone");
    const actions = (await stage.deps.ledger.list()).toSorted((a, b) => a.plannedAt - b.plannedAt);
    expect(actions.map((each) => [each.outcome?.kind, each.verifiedAt !== undefined])).toEqual([
      ["Done", false],
      ["Done", true],
    ]);
    expect(await stage.deps.claims.read("eu-1", pod.ref.uid)).toBeUndefined();
  });

  it("leaves no lie where nothing had been planned and the pod went by itself", async () => {
    const { stage, dieBefore } = await dying();
    stage.api.putPod(pod);
    await dieBefore("budgets.spend");
    stage.api.removePod(pod);
    await stage.sight(pod, "gone");
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
    expect(stage.counted.filter((each) => each.startsWith("HealVerified"))).toEqual([]);
  });
});

describe("a wake-up whose process died between the case and the next wake-up", () => {
  it.each(["act", "off"] as const)(
    "comes again and arms it: nobody else says that the pod is gone (%s)",
    async (mode) => {
      const stage = await aStage(scriptedHealer());
      const takeUp = async (afterMs: number): Promise<void> => {
        await stage.clock.advance(afterMs);
        await stage.report();
        const [message] = await stage.queue.receive({ limit: 1, waitMs: 0, visibilityMs });
        await stage.receive(message?.body ?? "", message?.receiveCount);
        await stage.queue.acknowledge([message?.receipt ?? ""]);
      };
      stage.api.putPod(pod);
      stage.api.breakDown();
      await stage.sight(pod);
      stage.queue.failNext("send", killed);
      await expect(takeUp(seconds(63))).rejects.toThrow("killed");
      expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ version: 2, state: "open" });
      stage.api.mend();
      stage.api.removePod(pod);
      await stage.flagRows.set(aFlagRow({ mode }));
      await takeUp(visibilityMs);
      await stage.flagRows.set(aFlagRow());
      await stage.pass(minutes(15));
      expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
    },
  );
});

describe("a case that was closed before", () => {
  it("stands open again before anything is planned, so that a process that dies leaves an action to settle", async () => {
    let well = true;
    const { stage, dieBefore } = await dying((facts) => {
      const fine = { kind: "leave", reason: "Healthy", message: "Fine." } as const;
      return well ? fine : forced(facts);
    });
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.sight(pod, "recovered");
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Recovered" });
    well = false;
    await dieBefore("ledger.settle");
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Done"]);
    await stage.sight(pod);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Done"]);
  });
});

describe("an escalation whose Event the cluster does not take", () => {
  it("is told at the next look when the refusal may pass", async () => {
    const stage = await aStage(scriptedHealer(tellPeople), { through: (deps) => refusingEvents(deps, ["Unknown"]) });
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect(stage.api.events).toEqual([]);
    await stage.pass(minutes(10));
    await stage.sight(pod);
    expect(stage.api.events.map((each) => each.reason)).toEqual(["StatefulPod"]);
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Done"]);
  });

  it.each([
    ["gone", (stage: Stage) => stage.api.removePod(pod)],
    ["recovered", () => {}],
  ] as const)("is not left open in the ledger where the object is %s before the next look", async (delta, happens) => {
    let verdict: Verdict = told;
    const stage = await aStage(
      scriptedHealer(() => verdict),
      { through: (deps) => refusingEvents(deps, ["Unknown"]) },
    );
    stage.api.putPod(pod);
    await stage.sight(pod);
    verdict = { kind: "leave", reason: "Healthy", message: "Fine." };
    happens(stage);
    await stage.pass(seconds(60));
    await stage.sight(pod, delta);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed" });
    await stage.pass(minutes(61));
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Unknown"]);
  });

  it("is not left open in the ledger where the object is well before the case was marked", async () => {
    let verdict: Verdict = told;
    const ledger = memoryLedger();
    const stage = await aStage(
      scriptedHealer(() => verdict),
      { by: { ledger } },
    );
    stage.api.putPod(pod);
    ledger.loseAnswer("plan", killed);
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    await stage.pass(seconds(60));
    verdict = { kind: "leave", reason: "Healthy", message: "Fine.", ends: true };
    await stage.sight(pod);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Recovered" });
    await stage.pass(minutes(61));
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Unknown"]);
    expect(stage.api.events).toEqual([]);
  });

  it("is never called told", async () => {
    const stage = await aStage(scriptedHealer(tellPeople), { through: (deps) => refusingEvents(deps, ["Denied"]) });
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.sight(pod);
    expect((await stage.deps.ledger.list()).map((each) => each.outcome?.kind)).toEqual(["Denied"]);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ escalated: { reason: "StatefulPod" } });
  });
});

/** The first Events are answered so, and not written. */
function refusingEvents(deps: PipelineDeps, answers: ("Unknown" | "Denied")[]): PipelineDeps {
  return withCluster(deps, (cluster) => ({
    recordEvent: async (event) => {
      const kind = answers.shift();
      return kind === undefined ? cluster.recordEvent(event) : { kind, message: "no" };
    },
  }));
}

describe("a cluster whose clock is an hour away from ours", () => {
  const away = (ms: number) => (deps: PipelineDeps) => withCluster(deps, () => ({ now: () => deps.clock.now() + ms }));

  it.each([-hours(1), hours(1)])("(%i ms) is healed once, verified and closed in our own time", async (awayMs) => {
    const stage = await aStage(scriptedHealer(), { through: away(awayMs) });
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ clockOffsetMs: awayMs, attempts: 1 });
    await stage.pass(seconds(13));
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Done"]);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
  });

  it.each([-hours(1), hours(1)])("(%i ms) is waited for by its own clock", async (awayMs) => {
    let dueAt = 0;
    const margin = (facts: ScriptedFacts, now: number): Verdict =>
      now < dueAt ? { kind: "wait", until: dueAt, reason: "MarginRunning", message: "Wait." } : forced(facts);
    const stage = await aStage(
      { ...scriptedHealer(), decide: (facts, _, now) => margin(facts, now) },
      { through: away(awayMs) },
    );
    stage.api.putPod(pod);
    dueAt = stage.clock.now() + awayMs + minutes(2);
    await stage.sight(pod);
    await stage.pass(minutes(2) - seconds(1));
    expect(stage.api.writes).toEqual([]);
    await stage.pass(seconds(5));
    expect(stage.api.writes).toHaveLength(1);
  });
});
