import { describe, expect, it } from "vitest";
import { seconds } from "../../shared/time/duration.ts";
import { anOverduePod } from "../build/pod.ts";
import { evictTerminal, scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage } from "./stage.ts";

const pod = anOverduePod();

describe("a heal with nothing in its way", () => {
  it("is written once, with the uid and the version that were judged", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    expect(await stage.sight(pod)).toEqual({ kind: "Decided", reason: "Overdue" });
    expect(stage.api.writes).toEqual([{ verb: "forceDelete", pod: pod.ref, resourceVersion: "1000", outcome: "Done" }]);
  });

  it("is planned in the ledger before the write and settled after it, with evidence and whose word allowed it", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    const [action] = await stage.deps.ledger.list();
    expect(action).toMatchObject({
      cluster: "eu-1",
      healer: "terminating-reaper",
      object: pod.ref,
      reason: "Overdue",
      mode: "act",
      attempt: 1,
      traceId: "trace-1",
      allowedBy: "eu-1 * act (alice)",
      outcome: { kind: "Done" },
    });
    expect(action?.budgets).toHaveLength(6);
    expect(action?.evidence).toMatch(/^H4sI/);
  });

  it("is explained by an Event on the pod and recorded in its life (X-19)", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect(stage.api.events.map((each) => [each.type, each.reason, each.regarding.uid])).toEqual([
      ["Normal", "ForceDeleted", pod.ref.uid],
    ]);
    const [action] = await stage.deps.ledger.list();
    expect((await stage.deps.lifecycles.read("eu-1", pod.ref.uid))?.heals).toEqual([action?.id]);
  });

  it("opens a leak row for what may still run on the node (S0-46)", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect(await stage.deps.leaks.list()).toMatchObject([{ pod: pod.ref, bootId: "boot-of-n1", state: "open" }]);
  });

  it("is verified ten seconds later, and the case closes", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(seconds(13));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed", attempts: 1 });
    const [action] = await stage.deps.ledger.list();
    expect(action?.verifiedAt).toBe(stage.clock.now() - seconds(1));
  });

  it("happens once, however often the same sighting is delivered", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    for (let delivery = 0; delivery < 10; delivery++) await stage.sight(pod);
    await stage.pass(seconds(30));
    for (let delivery = 0; delivery < 10; delivery++) await stage.sight(pod);
    expect(stage.api.writes).toHaveLength(1);
    expect(stage.api.events).toHaveLength(1);
  });

  it("happens once when two deliveries run side by side", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await Promise.all(Array.from({ length: 8 }, () => stage.sight(pod)));
    expect(stage.api.writes.filter((each) => each.outcome === "Done")).toHaveLength(1);
    expect(stage.api.writes).toHaveLength(1);
  });
});

describe("a heal whose outcome is not Done", () => {
  it("gives back its budgets and voids the leak when the object had changed", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "Conflict", message: "modified" });
    await stage.sight(pod);
    expect(await stage.deps.leaks.list()).toMatchObject([{ state: "voided" }]);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "open", attempts: 0 });
    await stage.pass(seconds(13));
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Conflict", "Done"]);
  });

  it("keeps its claim and its budgets when the answer was lost, and lets live state decide", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "Unknown", message: "timed out" }, { applied: true });
    await stage.sight(pod);
    expect(await stage.deps.claims.read("eu-1", pod.ref.uid)).toMatchObject({ healer: "terminating-reaper" });
    await stage.pass(seconds(13));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
    const [action] = await stage.deps.ledger.list();
    expect(action?.outcome?.kind).toBe("Unknown");
    expect(action?.verifiedAt).toBeDefined();
    expect(stage.api.writes).toHaveLength(1);
  });

  it("tries again only after the lease when the lost write did nothing", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "Unknown", message: "timed out" });
    await stage.sight(pod);
    await stage.pass(seconds(40));
    expect(stage.api.writes).toHaveLength(1);
    await stage.pass(seconds(60));
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Unknown", "Done"]);
  });

  it("waits as long as the server asks when a budget of the server refuses", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "BlockedByBudget", retryAfterMs: seconds(30), message: "429" });
    await stage.sight(pod);
    await stage.pass(seconds(29));
    expect(stage.api.writes).toHaveLength(1);
    await stage.pass(seconds(5));
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["BlockedByBudget", "Done"]);
  });

  it("tells people once when the cluster denies the write", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    stage.api.answerNextWrite({ kind: "Denied", message: "pods is forbidden" });
    await stage.sight(pod);
    expect(stage.api.events.map((each) => [each.type, each.reason])).toEqual([["Warning", "WriteDenied"]]);
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ escalated: { reason: "WriteDenied" } });
  });

  it("goes up to three attempts and then asks people, once (X-13)", async () => {
    const stage = await aStage(scriptedHealer(evictTerminal));
    stage.api.putPod(pod);
    for (let attempt = 0; attempt < 3; attempt++) {
      stage.api.answerNextWrite({ kind: "Done" });
      await stage.sight(pod);
      await stage.pass(seconds(11));
    }
    await stage.pass(seconds(3_700));
    for (let sighting = 0; sighting < 5; sighting++) {
      await stage.sight(pod);
      await stage.pass(seconds(60));
    }
    expect(stage.api.writes).toHaveLength(3);
    const warnings = stage.api.events.filter((each) => each.type === "Warning");
    expect(warnings.map((each) => each.reason)).toEqual(["AttemptsExhausted"]);
  });
});

describe("a pod that is gone", () => {
  it("stays closed as Healed when an older sighting comes late", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(seconds(13));
    expect(await stage.sight(pod)).toEqual({ kind: "NothingOpen", reason: "Gone" });
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Healed" });
  });

  it("closes its open case", async () => {
    const stage = await aStage(scriptedHealer(() => ({ kind: "leave", reason: "Healthy", message: "Fine." })));
    stage.api.putPod(pod);
    await stage.sight(pod);
    stage.api.removePod(pod);
    expect(await stage.sight(pod, "gone")).toEqual({ kind: "Closed", reason: "Gone" });
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
  });

  it("and whose name now belongs to another uid is never touched", async () => {
    const stage = await aStage(scriptedHealer());
    const successor = anOverduePod({ uid: "another-uid" });
    stage.api.putPod(successor);
    expect(await stage.sight(pod)).toMatchObject({ kind: "NothingOpen" });
    expect(stage.api.writes).toEqual([]);
  });

  it("leaves nothing behind when nobody had opened a case", async () => {
    const stage = await aStage(scriptedHealer());
    expect(await stage.sight(pod, "gone")).toEqual({ kind: "NothingOpen" });
    expect(await stage.caseOf(pod.ref.uid)).toBeUndefined();
  });
});

describe("a process that dies", () => {
  it("after the write and before its record leaves an action that the next look settles", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    const crashed = new Error("killed");
    const ledger = stage.deps.ledger as unknown as { failNext(method: string, error: Error): void };
    ledger.failNext("settle", crashed);
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    expect(stage.api.writes).toHaveLength(1);
    // Redelivered after the visibility time-out, when the lease has run out.
    await stage.pass(seconds(180));
    await stage.sight(pod);
    const [action] = await stage.deps.ledger.list();
    expect(action).toMatchObject({ outcome: { kind: "Done" } });
    expect(action?.verifiedAt).toBeDefined();
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed" });
    expect(stage.api.writes).toHaveLength(1);
  });

  it("before the write leaves a planned action that the next holder settles as Unknown, and the heal is done", async () => {
    const stage = await aStage(scriptedHealer());
    stage.api.putPod(pod);
    // Dies between planning and the last look.
    stage.api.beforePodRead(2, () => {
      throw new Error("killed");
    });
    await expect(stage.sight(pod)).rejects.toThrow("killed");
    expect(stage.api.writes).toHaveLength(0);
    await stage.pass(seconds(180));
    await stage.sight(pod);
    await stage.pass(seconds(660));
    await stage.sight(pod);
    expect(stage.api.writes.map((each) => each.outcome)).toEqual(["Done"]);
    const outcomes = (await stage.deps.ledger.list()).map((each) => each.outcome?.kind).sort();
    expect(outcomes).toEqual(["Done", "Unknown"]);
  });
});
