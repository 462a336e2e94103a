import { expect, it } from "vitest";
import type { Lifecycle } from "../../../../shared/lifecycle/lifecycle.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { anAction, anEviction } from "../../../build/action.ts";
import { anOpenCase } from "../../../build/case.ts";
import { aRegisteredCluster } from "../../../build/cluster-state.ts";
import { atNoon } from "../../../build/instant.ts";
import { aRef } from "../../../build/object-ref.ts";
import { testDesk } from "./test-desk.ts";

const esc = "\u001b";
const pod = aRef();

/** "shop/web-1" of eu-1: ready after 9 s, restarted once, deleted, forced away and gone by noon. */
const life: Lifecycle = {
  cluster: "eu-1",
  pod,
  nodeName: "n1",
  owner: "ReplicaSet/web-5d9c",
  createdAt: atNoon(-minutes(20)),
  scheduledAt: atNoon(-minutes(20) + seconds(1)),
  startedAt: atNoon(-minutes(20) + seconds(1)),
  sandboxAt: atNoon(-minutes(20) + seconds(4)),
  firstStartedAt: atNoon(-minutes(20) + seconds(8)),
  readyAt: atNoon(-minutes(20) + seconds(9)),
  deletionRequestedAt: atNoon(-minutes(6)),
  deletionAt: atNoon(-minutes(6) + seconds(30)),
  goneAt: atNoon(-seconds(15)),
  restarts: 1,
  exits: [{ container: "app", at: atNoon(-minutes(9)), exitCode: 137, reason: "OOMKilled" }],
  heals: ["action-1"],
};

async function healedPod(desk: ReturnType<typeof testDesk>): Promise<void> {
  const { stores } = desk;
  await stores.lifecycles.record(life);
  await stores.ledger.plan(anAction({ plannedAt: atNoon(-seconds(16) + 400) }));
  await stores.ledger.settle("eu-1", "action-1", { kind: "Done", message: "", at: atNoon(-seconds(15)) });
  await stores.ledger.verify("eu-1", "action-1", atNoon(-seconds(5)));
  await stores.cases.save(
    anOpenCase({
      state: "closed",
      closedBecause: "Healed",
      openedAt: atNoon(-minutes(5)),
      updatedAt: atNoon(-seconds(5)),
      attempts: 1,
      verdict: {
        kind: "heal",
        reason: "OverdueOnUnresponsiveNode",
        message: "Pod shop/web-1 is 5m past its grace on node n1, which does not answer any more.",
        at: atNoon(-seconds(16)),
        mode: "act",
      },
    }),
    0,
  );
}

it("tells a pod's life on one page of 80 columns: steps with the time between them, heals, cases (S0-07, 49, 67, 102)", async () => {
  const desk = testDesk({ width: 80 });
  await healedPod(desk);
  const { out, code } = await desk.run("pod", "eu-1/shop/web-1");
  expect(code).toBe(0);
  expect(out.split("\n")).toEqual([
    "Pod shop/web-1 in eu-1",
    "uid       uid-of-pod-web-1",
    "node      n1",
    "owner     ReplicaSet/web-5d9c",
    "state     gone 15s ago, lived 19m",
    "ready     9s after its creation",
    "restarts  1",
    "",
    "DATE        UTC       AFTER  WHAT",
    "2026-11-21  11:40:00         created",
    "            11:40:01  1s     scheduled to n1",
    "            11:40:01  0s     taken on by the kubelet",
    "            11:40:04  3s     sandbox ready",
    "            11:40:08  4s     first container started",
    "            11:40:09  1s     ready",
    "            11:51:00  10m    container app ended: OOMKilled, exit code 137",
    "            11:54:00  3m     deletion requested, grace 30s",
    "            11:54:30  30s    grace over",
    "            11:55:00  30s    case opened by terminating-reaper",
    "            11:59:44  4m44s  ForceDeletePod: OverdueOnUnresponsiveNode",
    "                             by terminating-reaper",
    "                             Done, seen",
    "            11:59:45  1s     gone",
    "",
    "ACTION    WHAT",
    "action-1  ForceDeletePod",
    "",
    "HEALER              CASE",
    "terminating-reaper  closed 5s ago: Healed, 1 write sent",
    "                    heal: OverdueOnUnresponsiveNode",
    "                    Pod shop/web-1 is 5m past its grace on node n1, which does",
    "                    not answer any more.",
  ]);
});

it("gives programs all of it", async () => {
  const desk = testDesk();
  await healedPod(desk);
  await desk.stores.lifecycles.record({
    cluster: "eu-1",
    pod: { ...pod, uid: "older" },
    createdAt: atNoon(-minutes(60)),
  });
  const { out } = await desk.run("pod", "eu-1/shop/web-1", "--json");
  expect(JSON.parse(out)).toMatchObject({
    cluster: "eu-1",
    pod,
    nodeName: "n1",
    createdAt: "2026-11-21T11:40:00.000Z",
    sandboxAt: "2026-11-21T11:40:04.000Z",
    goneAt: "2026-11-21T11:59:45.000Z",
    restarts: 1,
    exits: [{ container: "app", at: "2026-11-21T11:51:00.000Z", exitCode: 137, reason: "OOMKilled" }],
    heals: ["action-1"],
    actions: [{ id: "action-1", reason: "OverdueOnUnresponsiveNode", outcome: { kind: "Done" } }],
    cases: [{ healer: "terminating-reaper", state: "closed", closedBecause: "Healed" }],
    others: [{ uid: "older", createdAt: "2026-11-21T11:00:00.000Z" }],
  });
});

it("takes the newest pod of a name, lists the others, and tells of one of them by its uid", async () => {
  const { run, stores } = testDesk();
  const record = (uid: string, createdAt: number, more: Partial<Lifecycle> = {}) =>
    stores.lifecycles.record({ cluster: "eu-1", pod: aRef({ name: "db-0", uid }), createdAt, ...more });
  await record("uid-a", atNoon(-minutes(30)), {
    goneAt: atNoon(-minutes(20)),
    end: { phase: "Failed", reason: "Evicted" },
  });
  await record("uid-b", atNoon(-minutes(20)));
  const newest = await run("pod", "eu-1/shop/db-0");
  expect(newest.out).toContain("uid    uid-b\n");
  expect(newest.out.split("\n").slice(-2)).toEqual([
    "CREATED  GONE     OTHER PODS OF THIS NAME (--uid)",
    "30m ago  20m ago  uid-a",
  ]);
  const older = await run("pod", "eu-1/shop/db-0", "--uid", "uid-a");
  expect(older.out).toContain("state  Failed (Evicted), gone 20m ago, lived 10m\n");
  expect(await run("pod", "eu-1/shop/db-0", "--uid", "uid-c")).toEqual({
    code: 2,
    out: "",
    err: 'knitbone: pod eu-1/shop/db-0 with uid "uid-c" is not recorded; recorded: uid-b, uid-a',
  });
});

it("tells what observe mode would have done, what people were told, and of an action that the ledger has lost", async () => {
  const { run, stores } = testDesk();
  await stores.lifecycles.record({ cluster: "eu-1", pod, createdAt: atNoon(-minutes(9)), heals: ["lost", "shadow"] });
  await stores.ledger.plan(
    anAction({ id: "shadow", mode: "observe", heal: anEviction(), plannedAt: atNoon(-minutes(3)), reason: "Old" }),
  );
  const escalate = { kind: "Escalate", about: pod } as const;
  await stores.ledger.plan(anAction({ id: "told", heal: escalate, plannedAt: atNoon(-minutes(1)), reason: "Stuck" }));
  await stores.cases.save(
    anOpenCase({ openedAt: atNoon(-minutes(4)), escalated: { reason: "Stuck", at: atNoon(0), actionId: "told" } }),
    0,
  );
  const { out } = await run("pod", "eu-1/shop/web-1");
  expect(out.split("\n").slice(6, 20)).toEqual([
    "DATE        UTC       AFTER  WHAT",
    "2026-11-21  11:51:00         created",
    "            11:56:00  5m     case opened by terminating-reaper",
    "            11:57:00  1m     would EvictTerminalPod: Old",
    "                             by terminating-reaper",
    "                             only observed",
    "            11:59:00  2m     escalated: Stuck",
    "                             by terminating-reaper",
    "!  action lost is not in the ledger any more",
    "",
    "ACTION  WHAT",
    "shadow  EvictTerminalPod",
    "told    Escalate",
    "",
  ]);
  expect(out).toContain("terminating-reaper  open for 4m, not judged yet");
});

it("puts what a healer did, by our clock, where it stands by the cluster's, and says so when the node's clock is behind", async () => {
  const { run, stores } = testDesk();
  const ahead = minutes(10);
  await stores.lifecycles.record({
    cluster: "eu-1",
    pod,
    createdAt: atNoon(ahead),
    startedAt: atNoon(ahead - seconds(30)),
    goneAt: atNoon(ahead + seconds(50)),
    heals: ["action-1"],
  });
  await stores.ledger.plan(anAction({ plannedAt: atNoon(seconds(40)) }));
  await stores.cases.save(anOpenCase({ openedAt: atNoon(seconds(20)), clockOffsetMs: ahead }), 0);
  const { out } = await run("pod", "eu-1/shop/web-1");
  const table = out.split("\n").slice(out.split("\n").findIndex((line) => line.startsWith("DATE")) + 1);
  expect(table.slice(0, 8)).toEqual([
    "2026-11-21  12:09:30         taken on by the kubelet",
    "            12:10:00  30s    created",
    "            12:10:20  20s    case opened by terminating-reaper",
    "            12:10:40  20s    ForceDeletePod: OverdueOnUnresponsiveNode",
    "                             by terminating-reaper",
    "                             planned",
    "            12:10:50  10s    gone",
    "!  steps on the node stand before those of the API server: their clocks differ, or it is a static pod",
  ]);
});

it("puts an eviction before the deletion that it asked for, in the same second", async () => {
  const { run, stores } = testDesk();
  const at = atNoon(-minutes(1));
  await stores.lifecycles.record({
    cluster: "eu-1",
    pod,
    deletionRequestedAt: at,
    deletionAt: at,
    heals: ["action-1"],
  });
  await stores.ledger.plan(anAction({ heal: anEviction(), plannedAt: at + 300 }));
  const { out } = await run("pod", "eu-1/shop/web-1");
  expect(out.indexOf("EvictTerminalPod:")).toBeGreaterThan(0);
  expect(out.indexOf("EvictTerminalPod:")).toBeLessThan(out.indexOf("deletion requested, without a grace"));
});

it("tells of a pod of which next to nothing is known", async () => {
  const { run, stores } = testDesk();
  await stores.lifecycles.recordHeal("eu-1", pod, "lost");
  expect((await run("pod", "eu-1/shop/web-1")).out.split("\n")).toEqual([
    "Pod shop/web-1 in eu-1",
    "uid    uid-of-pod-web-1",
    "node   never bound, as far as was told",
    "owner  none",
    "state  not ready yet, as far as was told",
    "",
    "No instant is known of it.",
    "!  action lost is not in the ledger any more",
  ]);
});

it.each<[string, Partial<Lifecycle>, string]>([
  ["ready", { createdAt: atNoon(-minutes(4)), readyAt: atNoon(-minutes(3)) }, "became ready 3m ago"],
  ["being deleted", { deletionRequestedAt: atNoon(-minutes(2)) }, "being deleted for 2m"],
  ["ended", { end: { phase: "Succeeded" } }, "Succeeded, not gone, as far as was told"],
  ["gone, nothing else known", { goneAt: atNoon(-minutes(2)) }, "gone 2m ago"],
])("says of one that is %s so", async (_, members, words) => {
  const { run, stores } = testDesk();
  await stores.lifecycles.record({ cluster: "eu-1", pod, ...members });
  expect((await run("pod", "eu-1/shop/web-1")).out).toContain(`state  ${words}\n`);
});

it("lets no words from a cluster reach the terminal as an escape, and colours where somebody looks", async () => {
  const { run, stores } = testDesk({ colour: true, width: 80 });
  const exit = { container: `a${esc}[31mb`, at: atNoon(0), exitCode: 1, reason: `x${esc}]0;y` };
  await stores.lifecycles.record({ cluster: "eu-1", pod, nodeName: `n${esc}[2J`, exits: [exit] });
  const { out } = await run("pod", "eu-1/shop/web-1");
  expect(out).toContain(`${esc}[33mcontainer a [31mb ended: x ]0;y, exit code 1${esc}[39m`);
  expect(out.replaceAll(new RegExp(`${esc}\\[\\d+m`, "g"), "")).not.toContain(esc);
});

it.each([
  ["web-1", 'pod "web-1" is not of the form cluster/namespace/name'],
  ["eu-1/web-1", 'pod "eu-1/web-1" is not of the form cluster/namespace/name'],
  ["eu-1/shop/", 'pod "eu-1/shop/" is not of the form cluster/namespace/name'],
  ["eu-1/shop/web-1/app", 'pod "eu-1/shop/web-1/app" is not of the form cluster/namespace/name'],
  ["*/shop/web-1", /^pod "\*\/shop\/web-1": cluster "\*" is not a cluster's id/],
  ["eu-1/Shop/web-1", /namespace "Shop" is not a Kubernetes name/],
  ["eu-1//web-1", /namespace "" is not a Kubernetes name/],
  ["eu-1/shop/web_1", /name "web_1" is not a Kubernetes name/],
])("refuses %j in one line", async (text, words) => {
  const { code, out, err } = await testDesk().run("pod", text);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(
    words instanceof RegExp ? new RegExp(words.source.replace("^", "^knitbone: ")) : `knitbone: ${words}`,
  );
  expect(err).not.toContain("\n");
});

it("says whether it is the cluster or the pod that nobody knows", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  expect(await run("pod", "eu-2/shop/web-1")).toEqual({
    code: 2,
    out: "",
    err: "knitbone: cluster eu-2 is not registered (registered: eu-1)",
  });
  const unknown = await run("pod", "eu-1/shop/web-1");
  expect(unknown).toMatchObject({ code: 2, out: "" });
  expect(unknown.err).toMatch(/^knitbone: pod eu-1\/shop\/web-1 is not recorded: no pod of that name [^\n]+$/);
});
