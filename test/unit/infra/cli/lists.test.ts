import { expect, it } from "vitest";
import type { Rung } from "../../../../shared/kubernetes/node-task.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anAction, anEviction } from "../../../build/action.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aBrake, aClusterReport, aRegisteredCluster, aStoredReport } from "../../../build/cluster-state.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aRef } from "../../../build/object-ref.ts";
import { testDesk } from "./test-desk.ts";

const esc = "\u001b";

it("lists cases with what was decided, why, how old they are and when they are looked at next", async () => {
  const { run, stores } = testDesk();
  await stores.cases.save(
    anOpenCase({
      nextLookAt: atNoon(seconds(90)),
      verdict: { kind: "wait", reason: "GraceRunning", message: "until 12:01", at: noon, mode: "act" },
      updatedAt: atNoon(-1),
    }),
    0,
  );
  await stores.cases.save(
    anOpenCase({
      object: aRef({ name: "web-2" }),
      verdict: { kind: "heal", reason: "Overdue", message: "ten minutes late", at: noon, mode: "observe" },
      updatedAt: atNoon(-2),
    }),
    0,
  );
  await stores.cases.save(
    anOpenCase({
      object: aRef({ name: "web-3" }),
      state: "closed",
      closedBecause: "effect seen",
      updatedAt: atNoon(-3),
    }),
    0,
  );
  const { out } = await run("case", "list");
  expect(out.split("\n")).toEqual([
    "CLUSTER  OBJECT          HEALER              VERDICT         REASON        AGE  NEXT LOOK  WHAT",
    "eu-1     Pod shop/web-1  terminating-reaper  wait            GraceRunning  1m   in 1m30s   until 12:01",
    "eu-1     Pod shop/web-2  terminating-reaper  would heal      Overdue       1m   when seen  ten minutes late",
    "eu-1     Pod shop/web-3  terminating-reaper  not judged yet                1m   never      closed: effect seen",
  ]);
  const open = await run("case", "list", "--open", "--json");
  expect(JSON.parse(open.out).map(({ object }: { object: { name: string } }) => object.name)).toEqual([
    "web-1",
    "web-2",
  ]);
});

it("gives programs a case with its object, verdict, reason, state and when it was escalated", async () => {
  const { run, stores } = testDesk();
  await stores.cases.save(
    anOpenCase({
      verdict: { kind: "escalate", reason: "StatefulPod", message: "m", at: noon, mode: "act" },
      escalated: { reason: "StatefulPod", at: noon, actionId: "action-1" },
    }),
    0,
  );
  expect(JSON.parse((await run("case", "list", "--json")).out)).toEqual([
    {
      cluster: "eu-1",
      healer: "terminating-reaper",
      object: aRef(),
      state: "open",
      verdict: "escalate",
      reason: "StatefulPod",
      message: "m",
      mode: "act",
      judgedAt: "2026-11-21T12:00:00.000Z",
      openedAt: "2026-11-21T11:59:00.000Z",
      updatedAt: "2026-11-21T11:59:00.000Z",
      attempts: 0,
      escalatedAt: "2026-11-21T12:00:00.000Z",
      escalatedReason: "StatefulPod",
      traceId: "trace-1",
    },
  ]);
});

it("filters cases and actions by cluster and healer", async () => {
  const { run, stores } = testDesk();
  for (const [cluster, healer] of [
    ["eu-1", "terminating-reaper"],
    ["eu-1", "orphan-sweeper"],
    ["eu-2", "orphan-sweeper"],
  ] as const) {
    await stores.cases.save(anOpenCase({ cluster, healer }), 0);
    await stores.ledger.plan(anAction({ cluster, healer, id: `${cluster} ${healer}` }));
  }
  for (const noun of ["case", "action"]) {
    const { out } = await run(noun, "list", "--cluster", "eu-1", "--healer", "orphan-sweeper", "--json");
    expect(JSON.parse(out).map((item: Record<string, string>) => `${item["cluster"]} ${item["healer"]}`)).toEqual([
      "eu-1 orphan-sweeper",
    ]);
  }
});

it("refuses to filter by a healer that does not exist", async () => {
  const { run } = testDesk();
  expect(await run("case", "list", "--healer", "reaper")).toEqual({
    code: 2,
    out: "",
    err: 'knitbone: healer "reaper" is not known; known: orphan-sweeper, terminating-reaper',
  });
});

it("finds the cases and actions of a healer that this repository does not have", async () => {
  const { run, stores } = testDesk();
  await stores.cases.save(anOpenCase({ healer: "notready-handler" }), 0);
  await stores.ledger.plan(anAction({ healer: "notready-handler" }));
  for (const noun of ["case", "action"]) {
    const { out } = await run(noun, "list", "--healer", "notready-handler", "--json");
    expect(JSON.parse(out)).toHaveLength(1);
  }
});

it("lists actions newest first, with what became of each", async () => {
  const { run, stores } = testDesk();
  const { ledger } = stores;
  await ledger.plan(anAction({ id: "a", plannedAt: atNoon(-minutes(4)) }));
  await ledger.settle("eu-1", "a", { kind: "Done", message: "", at: noon });
  await ledger.verify("eu-1", "a", noon);
  await ledger.plan(anAction({ id: "b", plannedAt: atNoon(-minutes(3)), heal: anEviction() }));
  await ledger.settle("eu-1", "b", { kind: "BlockedByBudget", message: "", at: noon });
  await ledger.plan(anAction({ id: "c", plannedAt: atNoon(-minutes(2)) }));
  await ledger.plan(anAction({ id: "d", plannedAt: atNoon(-minutes(1)), mode: "observe" }));
  const { out } = await run("action", "list");
  const columns = out.split("\n").map((line) => line.split(/ {2,}/));
  expect(columns.map((cells) => [cells[0], cells[4], cells[6]])).toEqual([
    ["AGE", "ACTION", "OUTCOME"],
    ["1m", "would ForceDeletePod", "only observed"],
    ["2m", "ForceDeletePod", "planned"],
    ["3m", "EvictTerminalPod", "BlockedByBudget"],
    ["4m", "ForceDeletePod", "Done, seen"],
  ]);
});

it("gives programs the whole action, but of the evidence only how much there is", async () => {
  const { run, stores } = testDesk();
  await stores.ledger.plan(anAction({ evidence: "H4sIAAAA" }));
  const [action] = JSON.parse((await run("action", "list", "--json")).out);
  expect(action).toMatchObject({
    id: "action-1",
    cluster: "eu-1",
    healer: "terminating-reaper",
    object: aRef(),
    heal: { kind: "ForceDeletePod" },
    mode: "act",
    plannedAt: "2026-11-21T12:00:00.000Z",
    evidenceBytes: 8,
  });
  expect(action).not.toHaveProperty("evidence");
});

it("lists open incidents before closed ones, and those of all clusters for each", async () => {
  const { run, stores } = testDesk();
  const incident = { kind: "registry", key: "r.example", reason: "RegistryDown", message: "m" } as const;
  await stores.incidents.open({ ...incident, id: "1", cluster: "eu-1", openedAt: atNoon(-minutes(1)) });
  await stores.incidents.close(
    { ...incident, id: "1", cluster: "eu-1", openedAt: atNoon(-minutes(1)) },
    noon,
    "Repaired",
  );
  await stores.incidents.open({ ...incident, id: "2", cluster: "*", openedAt: atNoon(-minutes(9)) });
  await stores.incidents.open({ ...incident, id: "3", cluster: "eu-2", openedAt: noon });
  const observed = { ...incident, id: "4", cluster: "eu-1", openedAt: atNoon(-minutes(2)), members: 4 } as const;
  await stores.incidents.open({ ...observed, mode: "observe" });
  const { out } = await run("incident", "list", "--cluster", "eu-1");
  expect(out.split("\n")).toEqual([
    "CLUSTER  KIND      WHICH      REASON        AGE  STATE                    FAIL  WHAT",
    "eu-1     registry  r.example  RegistryDown  2m   only observed            4     m",
    "*        registry  r.example  RegistryDown  9m   open                           m",
    "eu-1     registry  r.example  RegistryDown  1m   closed 0s ago, Repaired        m",
  ]);
});

it("lists what rungs were good for, and which is left out (S1-07)", async () => {
  const { run, stores } = testDesk();
  for (const id of ["eu-1", "eu-2"]) await stores.clusters.register(aRegisteredCluster({ id }));
  const add = (cluster: string, rung: Rung, n: number, helped: boolean) =>
    stores.rungs.add(cluster, { rung, cause: "NotReadyPleg" }, { id: `n${n}/x`, helped, at: atNoon(-minutes(30 - n)) });
  for (let n = 1; n <= 12; n++) await add("eu-1", "restart-kubelet", n, n === 1);
  for (let n = 13; n <= 15; n++) await add("eu-1", "reboot", n, n > 13);
  await add("eu-2", "reboot", 16, false);
  expect((await run("rung", "list")).out.split("\n")).toEqual([
    "CLUSTER  CAUSE         RUNG             HELPED   LAST     STATE",
    "eu-2     NotReadyPleg  reboot           0 of 1   14m ago  tried",
    "eu-1     NotReadyPleg  reboot           2 of 3   15m ago  tried",
    "eu-1     NotReadyPleg  restart-kubelet  1 of 12  18m ago  left out: it does not help here",
  ]);
  const { out } = await run("rung", "list", "--cluster", "eu-2", "--json");
  expect(JSON.parse(out)).toEqual([
    {
      cluster: "eu-2",
      cause: "NotReadyPleg",
      rung: "reboot",
      helped: 0,
      of: 1,
      hopeless: false,
      lastAt: "2026-11-21T11:46:00.000Z",
    },
  ]);
});

it("lists clusters with when they were last seen, their nodes, brake and breaker (X-03)", async () => {
  const { run, stores } = testDesk();
  const { clusters } = stores;
  await clusters.register(aRegisteredCluster({ id: "eu-1" }));
  await clusters.saveReport("eu-1", aStoredReport({ sentAt: atNoon(-seconds(120)) }));
  await clusters.replaceBrake("eu-1", undefined, aBrake());
  await clusters.register(aRegisteredCluster({ id: "eu-2", ring: 1 }));
  const zones = [{ zone: "a", ready: 2, notReady: 2, unknown: 1 }];
  await clusters.saveReport(
    "eu-2",
    aStoredReport({ sentAt: atNoon(-121_000), report: aClusterReport({ zones, suspects: 7 }) }),
  );
  await clusters.replaceBrake("eu-2", undefined, aBrake({ state: "frozen", reason: "ManyNotReady" }));
  await clusters.saveBreaker("eu-2", { consecutiveFailures: 3, openUntil: atNoon(seconds(20)), reason: "time-out" });
  await clusters.register(aRegisteredCluster({ id: "eu-3" }));
  const { out } = await run("cluster", "list");
  expect(out.split("\n").map((line) => line.split(/ {2,}/).slice(0, 7))).toEqual([
    ["CLUSTER", "RING", "LAST REPORT", "NODES", "SUSPECTS", "BRAKE", "BREAKER"],
    ["eu-1", "0", "2m ago", "5/5 ready", "0", "released", "closed"],
    ["eu-2", "1", "2m1s ago, cannot see", "2/5 ready", "7", "frozen: ManyNotReady", "open, retry in 20s"],
    ["eu-3", "0", "never", "closed", "kubeconfig", "https://127.0.0.1:6443"],
  ]);
  const [first, second] = JSON.parse((await run("cluster", "list", "--json")).out);
  expect([first.fresh, second.fresh]).toEqual([true, false]);
});

it.each([
  [["case", "list"], "No cases: nothing sick has been seen."],
  [["case", "list", "--open"], "No open cases: nothing is sick that a healer looks after."],
  [["action", "list"], "No actions: nothing has been written, and nobody has been told of anything."],
  [["incident", "list"], "No incidents: no cause is known behind several cases."],
  [["rung", "list"], "No rungs: no node was asked for anything in 30 days, or nothing came of it yet."],
  [["cluster", "list"], "No clusters: nothing is watched until one is added (cluster add <id> …)."],
  [["case", "list", "--json"], "[]"],
])("says so when there is nothing: %j", async (args, words) => {
  expect(await testDesk().run(...args)).toEqual({ code: 0, out: words, err: "" });
});

it("shows people fifty rows and says how many more there are; programs get all", async () => {
  const { run, stores } = testDesk();
  for (let i = 0; i < 52; i++) await stores.ledger.plan(anAction({ id: `a${i}` }));
  const lines = (await run("action", "list")).out.split("\n");
  expect(lines).toHaveLength(52);
  expect(lines.at(-1)).toBe("… and 2 more (--limit 52 shows all)");
  expect(JSON.parse((await run("action", "list", "--json")).out)).toHaveLength(52);
  expect(JSON.parse((await run("action", "list", "--json", "--limit", "3")).out)).toHaveLength(3);
});

it("never writes a control character that came from a cluster", async () => {
  const { run, stores } = testDesk({ colour: false });
  const verdict = {
    kind: "leave",
    reason: "NotResidue",
    message: `${esc}]0;title\u0007 ${esc}[2J\u009b31m red\u202e\nnext`,
    at: noon,
    mode: "act",
  } as const;
  await stores.cases.save(anOpenCase({ verdict }), 0);
  const people = (await run("case", "list")).out;
  expect(people.split("\n")).toHaveLength(2);
  expect(people.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  const programs = (await run("case", "list", "--json")).out;
  expect(programs.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(programs)[0].message).toBe(verdict.message);
});

it("colours only where somebody looks", async () => {
  for (const colour of [true, false]) {
    const { run, stores } = testDesk({ colour });
    await stores.cases.save(anOpenCase({ state: "closed" }), 0);
    expect((await run("case", "list")).out.includes(esc)).toBe(colour);
  }
});
