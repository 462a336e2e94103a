import { afterEach, beforeEach, expect, it } from "vitest";
import { type ForwarderRig, forwarderRig, paths } from "../unit/functions/forwarder/forwarder-rig.ts";
import { failedPod, noon, rawLease, rawNode, rawPod } from "../unit/functions/forwarder/raw-objects.ts";

let rig: ForwarderRig;
beforeEach(() => {
  rig = forwarderRig();
});
afterEach(() => rig.stopAll());

/** Keeps every watch from falling silent. */
async function quietMinutes(minutes: number): Promise<void> {
  for (let at = 0; at < minutes; at += 1) {
    await rig.advance(60_000);
    for (const path of Object.values(paths)) rig.api.stream1(path).bookmark("1000");
  }
}

it("says what the cluster is, its zones, its room and its suspects", async () => {
  const zone = (name: string, pool: string) => ({ "topology.kubernetes.io/zone": name, "karpenter.sh/nodepool": pool });
  rig.api.serve(paths.nodes, "50", [
    rawNode({ name: "n1", labels: zone("a", "general") }),
    rawNode({ name: "n2", labels: zone("a", "general"), ready: "Unknown" }),
    rawNode({ name: "n3", labels: zone("b", "general"), ready: "False" }),
    rawNode({ name: "n4", labels: zone("b", "batch"), spec: { unschedulable: true } }),
  ]);
  rig.api.serve(paths.pods, "100", [
    rawPod(),
    failedPod({ name: "ended" }),
    rawPod({ name: "pending", spec: { nodeName: undefined } }),
  ]);
  rig.start({ lingerMs: 5_000 });
  await rig.settle();
  expect(rig.reports()).toHaveLength(1);
  const { sent: _, ...report } = rig.reports()[0]?.report ?? {};
  const room = { cpu: 3.5, memory: 8 * 2 ** 30, pods: 19 };
  expect(report).toEqual({
    serverVersion: "v1.36.3",
    forwarderVersion: "0.1.0",
    incarnation: "uid-kube-system",
    zones: [
      { zone: "a", ready: 1, notReady: 0, unknown: 1 },
      { zone: "b", ready: 1, notReady: 1, unknown: 0 },
    ],
    pools: [
      { pool: "batch", nodes: 1, free: {}, largestFree: {} },
      { pool: "general", nodes: 3, notReady: 2, free: room, largestFree: room },
    ],
    coalesced: 0,
    suspects: 3,
  });
});

it("comes once everything was listed, then every 30 s (X-18)", async () => {
  rig.api.on(paths.events, { status: 503 });
  rig.start();
  await rig.advance(10_000);
  expect(rig.reports()).toEqual([]);
  rig.api.serve(paths.events, "50", []);
  await rig.advance(10_000);
  expect(rig.reports()).toHaveLength(1);
  await rig.advance(90_000);
  expect(rig.reports()).toHaveLength(4);
});

it("comes every 30 s in the lab as well", async () => {
  rig.start({}, { lab: 20 });
  await rig.advance(61_000);
  expect(rig.reports()).toHaveLength(3);
});

it("counts the room that pods leave as they come, end and go", async () => {
  rig.api.serve(paths.nodes, "50", [rawNode()]);
  rig.start();
  await rig.settle();
  const pods = rig.api.stream1(paths.pods);
  const cpu = () => rig.reports().at(-1)?.report.pools[0]?.free["cpu"];
  pods.event("ADDED", rawPod({ name: "a", version: "101" }));
  pods.event("ADDED", rawPod({ name: "b", version: "102" }));
  await rig.advance(31_000);
  expect(cpu()).toBe(3);
  pods.event("MODIFIED", failedPod({ name: "a", version: "103" }));
  pods.event("DELETED", rawPod({ name: "b", version: "104" }));
  await rig.advance(30_000);
  expect(cpu()).toBe(4);
});

it("leaves out what it may not read", async () => {
  rig.api.on("/api/v1/namespaces/kube-system", { status: 403, body: { message: "forbidden" } });
  rig.api.on("/version", { status: 403 });
  rig.start();
  await rig.settle();
  expect(rig.reports()[0]?.report).toMatchObject({ incarnation: "", serverVersion: "" });
});

it("follows another cluster that appears behind the same name", async () => {
  rig.start();
  await rig.settle();
  rig.api.on("/api/v1/namespaces/kube-system", { body: { metadata: { uid: "uid-another" } } });
  await rig.advance(31_000);
  expect(rig.reports().map((each) => each.report.incarnation)).toEqual(["uid-kube-system", "uid-another"]);
});

it("is withheld while the API server does not answer, so that an old view never looks new", async () => {
  const forwarder = rig.start();
  await rig.settle();
  rig.api.on("/version", { status: 503 });
  await rig.advance(91_000);
  expect(rig.reports()).toHaveLength(1);
  expect(await forwarder.metricsText()).toContain('reports_total{outcome="withheld",cluster="eu-1"} 3');
  rig.api.on("/version", { body: { gitVersion: "v1.36.4" } });
  await rig.advance(30_000);
  expect(rig.reports().map((each) => each.report.serverVersion)).toEqual(["v1.36.3", "v1.36.4"]);
});

it("is withheld while one watch cannot be opened, although the server answers all else (S1-22)", async () => {
  rig.start();
  await quietMinutes(1);
  rig.api.onWatch(paths.pods, () => "unreachable");
  rig.api.on(paths.pods, () => "unreachable");
  rig.api.stream1(paths.pods).cut();
  await rig.advance(110_000);
  const before = rig.reports().length;
  await rig.advance(120_000);
  expect(rig.reports()).toHaveLength(before);
  rig.api.onWatch(paths.pods, {});
  await rig.advance(61_000);
  expect(rig.reports().length).toBeGreaterThan(before);
});

it("goes on for hours over watches on which nothing happens", async () => {
  rig.api.serve(paths.nodes, "50", [rawNode()]);
  rig.api.serve(paths.leases, "50", [rawLease()]);
  rig.start({ reportEveryMs: 60_000 });
  await rig.settle();
  for (let minute = 1; minute <= 120; minute += 1) {
    for (let step = 0; step < 6; step += 1) {
      await rig.clock.advance(10_000);
      await rig.settle();
      rig.api
        .stream1(paths.leases)
        .event("MODIFIED", rawLease({ version: `${minute}0${step}`, renewTime: `${minute}.${step}` }));
    }
  }
  expect(rig.reports()).toHaveLength(121);
  expect(rig.told()).toEqual([]);
});

it("keeps the same epoch, that of the start", async () => {
  rig.start();
  await rig.advance(61_000);
  expect(rig.reports().map((each) => each.epoch)).toEqual([noon, noon, noon]);
});
