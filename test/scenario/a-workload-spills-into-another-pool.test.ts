import { describe, expect, it } from "vitest";
import { limits } from "../../shared/rail/limits.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { aPooledDeployment, poolLabel } from "../build/deployment.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { type Fault, faultySteps, steppingProcess } from "../fakes/stepping-process.ts";
import { aSpillingStage, roomFor } from "./spilling-stage.ts";

const killed = new Error("killed");

describe("a workload that finds no room in its own pool", () => {
  it("runs in another one as long as it finds none, and what was made for it goes again (S0-12, X-16, X-17)", async () => {
    const stage = await aSpillingStage();
    await stage.sight(stage.web);
    expect(await stage.spill()).toMatchObject({
      replicas: 2,
      template: { nodeSelector: { [poolLabel]: "b" } },
      spill: { of: stage.web.ref.uid },
    });
    await stage.pass(seconds(15));
    expect(await stage.verdictOf()).toBe("wait Spilled");
    expect(await stage.actions()).toEqual([["CreateSpill", "Done", true]]);

    // One finds room in its own pool and starts; then all of them run.
    stage.put(aPooledDeployment({ readyReplicas: 1 }), 1);
    await stage.pass(minutes(2));
    expect(await stage.verdictOf()).toBe("wait OriginalStarting");
    expect(await stage.spill()).toMatchObject({ replicas: 2 });
    stage.put(aPooledDeployment({ readyReplicas: 2 }), 1);
    await stage.pass(minutes(2));
    expect(await stage.spill()).toMatchObject({ replicas: 1 });
    stage.put(aPooledDeployment({ readyReplicas: 3 }), 0);
    await stage.pass(minutes(2));
    expect(await stage.spill()).toBeUndefined();
    expect(await stage.actions()).toEqual([
      ["CreateSpill", "Done", true],
      ["ScaleSpill", "Done", true],
      ["RemoveSpill", "Done", true],
    ]);
    expect(await stage.caseOf(stage.web.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Recovered" });
    expect(stage.api.events.map(({ reason, regarding }) => [reason, regarding.kind])).toEqual([
      ["Spilled", "Deployment"],
      ["SpillScaled", "Deployment"],
      ["SpillRemoved", "Deployment"],
    ]);
    expect(await stage.api.deployment("shop", "web")).toMatchObject({ object: { resourceVersion: "800" } });
  });

  it("is judged again every minute, and its spill goes within one when the asking is taken back", async () => {
    const stage = await aSpillingStage();
    await stage.sight(stage.web);
    await stage.pass(seconds(15));
    stage.put(aPooledDeployment({ annotations: {} }), 2);
    await stage.pass(seconds(64));
    expect(await stage.spill()).toBeUndefined();
    await stage.pass(minutes(5));
    expect(await stage.verdictOf()).toBe("leave SpillNotAsked");
    expect(await stage.actions()).toEqual([
      ["CreateSpill", "Done", true],
      ["RemoveSpill", "Done", true],
    ]);
  });

  it("takes its spill with it when it is deleted, and nothing is written for that", async () => {
    const stage = await aSpillingStage();
    await stage.sight(stage.web);
    await stage.pass(seconds(15));
    stage.api.removeDeployment(stage.web);
    expect(await stage.spill()).toBeUndefined();
    await stage.sight(stage.web, "gone");
    await stage.pass(minutes(3));
    expect(await stage.caseOf(stage.web.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
    expect(stage.api.spillWrites.map(({ verb }) => verb)).toEqual(["create"]);
  });

  it("deleted before the effect was seen: it did not go because it was spilled", async () => {
    const stage = await aSpillingStage();
    await stage.sight(stage.web);
    stage.api.removeDeployment(stage.web);
    await stage.pass(minutes(1));
    expect(await stage.caseOf(stage.web.ref.uid)).toMatchObject({ closedBecause: "Gone" });
    expect(await stage.actions()).toEqual([["CreateSpill", "Done", false]]);
  });

  it("keeps a spill that somebody else has changed: it is theirs then", async () => {
    const stage = await aSpillingStage();
    await stage.sight(stage.web);
    await stage.pass(seconds(15));
    const spill = await stage.spill();
    if (spill === undefined) throw new Error("no spill was made");
    stage.api.putDeployment({ ...spill, replicas: 5, generation: spill.generation + 1 });
    stage.put(aPooledDeployment({ readyReplicas: 3 }), 0);
    await stage.pass(minutes(10));
    expect(await stage.spill()).toMatchObject({ replicas: 5 });
    expect(await stage.verdictOf()).toBe("leave SpillTouched");
    expect(stage.api.spillWrites.map(({ verb }) => verb)).toEqual(["create"]);
  });

  it("is told once where no pool has room, and spilled when one has", async () => {
    let replicas = 1;
    const stage = await aSpillingStage({ pools: () => roomFor(replicas) });
    await stage.sight(stage.web);
    await stage.pass(minutes(10));
    expect(stage.api.spillWrites).toEqual([]);
    expect(stage.api.events.map(({ reason }) => reason)).toEqual(["NoRoomElsewhere"]);
    replicas = 2;
    await stage.pass(minutes(2));
    expect(await stage.spill()).toMatchObject({ replicas: 2 });
  });

  it("in observe mode nothing is written, and what would have been done stands in the ledger", async () => {
    const stage = await aSpillingStage();
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    await stage.sight(stage.web);
    await stage.pass(minutes(10));
    expect(stage.api.spillWrites).toEqual([]);
    expect(stage.api.events).toEqual([]);
    expect(await stage.actions()).toEqual([["CreateSpill", "Observed", false]]);
  });
});

describe("two workloads that look at the same room", () => {
  const like = (name: string) => aPooledDeployment({ name, resourceVersion: `${name}-1` });

  it("do not both count it: the second is held, and told when the reports show it taken", async () => {
    let replicas = 3;
    const stage = await aSpillingStage({ pools: () => roomFor(replicas) });
    const api = stage.put(like("api"), 2);
    await stage.sight(stage.web);
    await stage.sight(api);
    expect(await stage.spill("web-spill")).toMatchObject({ replicas: 2 });
    expect(await stage.spill("api-spill")).toBeUndefined();
    expect(await stage.verdictOf(api.ref.uid)).toBe("wait RoomReserved");
    // The first one's pods are bound, and counted.
    replicas = 1;
    await stage.pass(limits.roomReservedMs + minutes(2));
    expect(await stage.verdictOf(api.ref.uid)).toBe("escalate NoRoomElsewhere");
    expect(stage.api.spillWrites.map(({ name }) => name)).toEqual(["web-spill"]);
  });

  it("both find it where there is enough", async () => {
    const stage = await aSpillingStage({ pools: () => roomFor(4) });
    const api = stage.put(like("api"), 2);
    await stage.sight(stage.web);
    await stage.sight(api);
    expect(stage.api.spillWrites.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["web-spill", "Done"],
      ["api-spill", "Done"],
    ]);
  });

  it("at the very same moment: only one of them gets it", async () => {
    const stage = await aSpillingStage({ pools: () => roomFor(3) });
    const others = ["api", "jobs", "mail", "search"].map((name) => stage.put(like(name), 2));
    await Promise.all([stage.web, ...others].map((each) => stage.sight(each)));
    expect(stage.api.spillWrites).toHaveLength(1);
    await stage.pass(minutes(2));
    expect(stage.api.spillWrites).toHaveLength(1);
  });

  it("what a withdrawn spill had reserved is room again at once", async () => {
    const stage = await aSpillingStage({ pools: () => roomFor(2) });
    const api = stage.put(like("api"), 2);
    const release = stage.deps.ledger.plan;
    // Between the first look and the write the asking is taken back.
    stage.deps.ledger.plan = async (action) => {
      stage.put(aPooledDeployment({ annotations: {} }), 2);
      return release(action);
    };
    await stage.sight(stage.web);
    stage.deps.ledger.plan = release;
    expect(stage.api.spillWrites).toEqual([]);
    expect(await stage.actions()).toEqual([["CreateSpill", "Withdrawn", false]]);
    await stage.sight(api);
    expect(await stage.spill("api-spill")).toMatchObject({ replicas: 2 });
  });
});

describe("a process that dies while it spills", () => {
  /** One sighting whose first delivery ends at one step; then the queue brings it again, and the world goes on. */
  async function lived(fault: Fault | undefined) {
    const process = faultySteps(fault, killed);
    let stepping = true;
    const stage = await aSpillingStage({
      pools: () => roomFor(2),
      through: (deps) => steppingProcess(deps, (name, call) => (stepping ? process.step(name, call) : call())),
    });
    await stage.sight(stage.web).catch(() => undefined);
    process.end();
    stepping = false;
    for (let look = 0; look < 4; look++) {
      await stage.pass(seconds(90));
      await stage.sight(stage.web);
    }
    return { stage, names: process.names };
  }

  it("leaves one spill of the right size, whatever it was doing, and no room is lost for good", async () => {
    const { names } = await lived(undefined);
    expect(names).toEqual(expect.arrayContaining(["reservations.reserve", "cluster.createSpill", "ledger.settle"]));
    const seen: Record<string, unknown> = {};
    for (const [index, name] of names.entries()) {
      for (const how of ["dies", "stumbles"] as const) {
        for (const when of ["before", "after"] as const) {
          const { stage } = await lived({ atStep: index + 1, when, how });
          const made = stage.api.spillWrites.filter(({ outcome }) => outcome === "Done").length;
          const spill = await stage.spill();
          const result = `${made} ${spill?.replicas} ${await stage.verdictOf()}`;
          if (result !== "1 2 wait Spilled") seen[`${how} ${when} ${name} (${index + 1})`] = result;
        }
      }
    }
    expect(seen).toEqual({});
  });

  it("and whose workload is deleted meanwhile: nobody claims to know what came of it", async () => {
    const stage = await aSpillingStage();
    const { settle } = stage.deps.ledger;
    stage.deps.ledger.settle = async () => Promise.reject(killed);
    await expect(stage.sight(stage.web)).rejects.toThrow("killed");
    stage.deps.ledger.settle = settle;
    stage.api.removeDeployment(stage.web);
    await stage.sight(stage.web, "gone");
    await stage.pass(minutes(5));
    expect(await stage.actions()).toEqual([["CreateSpill", "Unknown", false]]);
    expect(await stage.caseOf(stage.web.ref.uid)).toMatchObject({ state: "closed", closedBecause: "Gone" });
  });

  it("a lost answer is not made up for by a second spill", async () => {
    const stage = await aSpillingStage();
    stage.api.answerNextWrite({ kind: "Unknown", message: "timed out" }, { applied: true });
    await stage.sight(stage.web);
    await stage.pass(minutes(3));
    expect(stage.api.spillWrites).toHaveLength(1);
    expect(await stage.verdictOf()).toBe("wait Spilled");
    expect(await stage.actions()).toEqual([["CreateSpill", "Unknown", true]]);
  });

  it("a spill that cannot be made is tried three times, and then told", async () => {
    const stage = await aSpillingStage();
    const { createSpill } = stage.api;
    stage.api.createSpill = async () => ({ kind: "Unknown", message: "timed out" });
    await stage.sight(stage.web);
    await stage.pass(minutes(30));
    stage.api.createSpill = createSpill;
    expect((await stage.actions()).filter(([kind]) => kind === "CreateSpill")).toHaveLength(limits.attempts);
    expect(stage.api.events.map(({ reason }) => reason)).toEqual(["AttemptsExhausted"]);
  });
});
