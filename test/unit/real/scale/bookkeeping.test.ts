import { describe, expect, it } from "vitest";
import type { Delta } from "../../../../shared/delta/delta.ts";
import type { ApiObject } from "../../../real/api-client.ts";
import type { AuditRecord } from "../../../real/audit-log.ts";
import { arrivals } from "../../../real/scale/arrivals.ts";
import { type Debt, payments, percentile } from "../../../real/scale/debt.ts";
import { differences } from "../../../real/scale/last-states.ts";
import { broken, table } from "../../../real/scale/measures.ts";

// The run of minutes judges itself by this: what it would overlook is shown here, where it takes milliseconds.
const noon = Date.parse("2026-11-21T12:00:00Z");

function aDelta(over: Partial<Delta> = {}): Delta {
  return {
    kind: "suspect",
    object: { kind: "Pod", namespace: "fleet", name: "web", uid: "u1" },
    resourceVersion: "10",
    signals: ["PodFailed"],
    observedAt: noon,
    traceId: "00000000-0000-4000-a000-000000000000",
    ...over,
  };
}

const envelope = { v: 1, cluster: "scale", epoch: 7 };
const deltasMessage = (sequence: number, ...deltas: readonly Delta[]) => ({
  body: JSON.stringify({ ...envelope, kind: "deltas", sequence, deltas }),
  sentAt: noon + sequence,
});
function reportMessage(sequence: number, sent: { from: number; to: number }) {
  const counts = { coalesced: 0, suspects: 0 };
  const words = { serverVersion: "v1.36.3", forwarderVersion: "0.1.0", incarnation: "i" };
  const report = { sent, ...words, ...counts, zones: [], pools: [] };
  return { body: JSON.stringify({ ...envelope, kind: "report", sequence, report }), sentAt: noon + sequence };
}

function arrivedOf(...messages: readonly ReturnType<typeof deltasMessage>[]) {
  const arrived = arrivals();
  for (const message of messages) arrived.take(message);
  return arrived;
}

describe("lost messages", () => {
  it("are those between the ones that came, and those that only a report speaks of", () => {
    const arrived = arrivedOf(deltasMessage(1), deltasMessage(3), reportMessage(4, { from: 1, to: 6 }));
    expect(arrived.lost()).toEqual([2, 5, 6]);
  });

  it("are none when all came, late, in any order or twice", () => {
    const arrived = arrivedOf(deltasMessage(2), deltasMessage(1), deltasMessage(2));
    expect(arrived.lost()).toEqual([]);
    expect(arrived.counts).toMatchObject({ messages: 2, repeated: 1 });
  });

  it("leave what cannot be read to be told", () => {
    const arrived = arrivedOf({ body: "{", sentAt: 0 }, deltasMessage(1, aDelta({ kind: "nothing" as never })));
    expect(arrived.unreadable).toHaveLength(2);
    arrived.take({ ...deltasMessage(2), body: deltasMessage(2).body.replace('"epoch":7', '"epoch":8') });
    expect(arrived.unreadable[2]).toContain("epoch 8 after 7");
  });
});

describe("a debt", () => {
  const object = { kind: "Pod", name: "web", uid: "u1" } as const;
  const write = { kind: "write", verb: "patch", resourceVersion: "10" } as const;
  const debt: Debt = { what: "pod failed", object, owes: "suspect", signal: "PodFailed", since: write };
  const written = (receivedAt: number, verb = "patch") =>
    ({
      verb,
      object: { resource: "pods", name: "web", namespace: "", subresource: "status" },
      receivedAt,
      status: 200,
    }) as AuditRecord;
  const lags = (debts: readonly Debt[], ...messages: readonly ReturnType<typeof deltasMessage>[]) =>
    payments(debts, arrivedOf(...messages), [written(noon - 100), written(noon - 50)]).map(({ lagMs }) => lagMs);

  it("is paid by the first delta of its kind, signal and version, and counted from the write", () => {
    expect(lags([debt], deltasMessage(1, aDelta({ resourceVersion: "9" })), deltasMessage(2, aDelta()))).toEqual([102]);
    expect(lags([debt], deltasMessage(5, aDelta({ resourceVersion: "11" })))).toEqual([105]);
  });

  it("is not paid by an older version, another signal, another kind or another object", () => {
    expect(lags([debt], deltasMessage(1, aDelta({ resourceVersion: "9" })))).toEqual([undefined]);
    expect(lags([debt], deltasMessage(1, aDelta({ signals: ["PodOverdue"] })))).toEqual([undefined]);
    expect(lags([debt], deltasMessage(1, aDelta({ kind: "gone", signals: [] })))).toEqual([undefined]);
    expect(lags([debt], deltasMessage(1, aDelta({ object: { ...aDelta().object, uid: "u2" } })))).toEqual([undefined]);
  });

  it("of the second write of an object is counted from the second write", () => {
    const second: Debt = { ...debt, owes: "recovered", since: { ...write, resourceVersion: "20" } };
    const { signal: _, ...well } = second;
    const recovered = aDelta({ kind: "recovered", resourceVersion: "20", signals: [] });
    expect(lags([debt, well], deltasMessage(1, aDelta()), deltasMessage(2, recovered))).toEqual([101, 52]);
  });

  it("of a deletion is counted from the one without grace", () => {
    const { signal: _, ...rest } = debt;
    const ended: Debt = { ...rest, owes: "gone", since: { kind: "write", verb: "delete" } };
    const gone = arrivedOf(deltasMessage(3, aDelta({ kind: "gone", signals: [] })));
    const graceful = written(noon - 40_000, "delete");
    const forced = { ...written(noon, "delete"), requestObject: { gracePeriodSeconds: 0 } };
    expect(payments([ended], gone, [graceful, forced]).map(({ lagMs }) => lagMs)).toEqual([3]);
  });

  it("of a recovery is paid by a stale Lease too, and by no other signal", () => {
    const { signal: _, ...rest } = debt;
    const back: Debt = { ...rest, owes: "recovered" };
    expect(lags([back], deltasMessage(1, aDelta({ signals: ["NodeLeaseStale"] })))).toEqual([101]);
    expect(lags([back], deltasMessage(1, aDelta({ signals: ["NodeNotReady", "NodeLeaseStale"] })))).toEqual([
      undefined,
    ]);
  });

  it("of a timer is counted from its instant, and one that the audit log does not know is an error", () => {
    const timed: Debt = { ...debt, since: { kind: "timer", at: noon } };
    expect(lags([timed], deltasMessage(3, aDelta()))).toEqual([3]);
    expect(() => payments([debt], arrivedOf(), [])).toThrow("looking for a write in the audit log: pod failed web");
  });
});

describe("the last word about an object", () => {
  const state = { ref: aDelta().object, resourceVersion: "10", phase: "Failed", reason: "Evicted", nodeName: "n1" };
  const facts = {
    ...state,
    finalizers: [],
    labels: {},
    annotations: {},
    conditions: [],
    containers: [],
    tolerations: [],
    volumeClaims: [],
    hasResourceClaims: false,
    hasHostPort: false,
    extendedResources: [],
    schedulingGates: [],
    requests: {},
  };
  const told = (over: Partial<Delta> = {}) => deltasMessage(1, aDelta({ state: facts, ...over }));
  function aPod(over: { metadata?: object; status?: object } = {}): ApiObject {
    const names = { name: "web", namespace: "fleet", uid: "u1", resourceVersion: "10" };
    return {
      metadata: { ...names, creationTimestamp: "2026-11-21T11:00:00Z", ...over.metadata },
      spec: { nodeName: "n1" },
      status: { phase: "Failed", reason: "Evicted", ...over.status },
    };
  }
  const differ = (pods: readonly ApiObject[], ...messages: readonly ReturnType<typeof deltasMessage>[]) =>
    differences(arrivedOf(...messages), { pods, nodes: [], leases: [] }, noon).map((line) =>
      line.replace(/^.*?: /, ""),
    );
  const running = { phase: "Running" };

  it("is right: sick and told so, well and never told, recovered, gone", () => {
    expect(differ([aPod()], told())).toEqual([]);
    expect(differ([aPod({ status: running })])).toEqual([]);
    const recovered = deltasMessage(2, aDelta({ kind: "recovered", signals: [] }));
    expect(differ([aPod({ status: running })], told(), recovered)).toEqual([]);
    expect(differ([], told(), deltasMessage(2, aDelta({ kind: "gone", signals: [] })))).toEqual([]);
  });

  it("is wrong: never said, too old, another state, still sick, still there", () => {
    expect(differ([aPod()])).toEqual(["is PodFailed, and the last word was never said"]);
    expect(differ([aPod({ metadata: { resourceVersion: "11" } })], told())).toHaveLength(1);
    expect(differ([aPod({ status: { reason: "OutOfcpu" } })], told())[0]).toMatch(/OutOfcpu.*told as.*Evicted/);
    expect(differ([aPod({ status: running })], told())).toEqual(["is well, and the last word was suspect PodFailed"]);
    expect(differ([], told())).toEqual(["does not exist, and was last PodFailed"]);
    expect(differ([aPod()], told({ signals: ["PodOverdue"] }))).toEqual(["is PodFailed, and was called PodOverdue"]);
  });

  it("is not judged by a state that was read before it", () => {
    const gone = deltasMessage(2, aDelta({ kind: "gone", signals: [], resourceVersion: "12" }));
    expect(differ([aPod()], told(), gone)).toEqual([]);
    const same = deltasMessage(2, aDelta({ kind: "gone", signals: [], resourceVersion: "10" }));
    expect(differ([aPod()], told(), same)).toHaveLength(1);
  });

  it("is asked of a pod that nobody starts, places or ends, only once its time has come", () => {
    const pending = { phase: "Pending", reason: undefined };
    const young = { creationTimestamp: new Date(noon - 89_000).toISOString() };
    expect(differ([aPod({ status: pending, metadata: young })])).toEqual([]);
    expect(differ([aPod({ status: pending })])).toEqual(["is PodSilent, and the last word was never said"]);
    const placed = { type: "PodScheduled", status: "True", lastTransitionTime: young.creationTimestamp };
    expect(differ([aPod({ status: { ...pending, conditions: [placed] } })])).toEqual([]);
    const unplaced = { ...aPod({ status: pending }), spec: {} };
    expect(differ([unplaced])).toEqual(["is PodUnscheduled, and the last word was never said"]);
    const ending = (ms: number) => ({ deletionTimestamp: new Date(noon + ms).toISOString() });
    expect(differ([aPod({ status: running, metadata: ending(0) })])).toEqual([]);
    expect(differ([aPod({ status: running, metadata: ending(-1_000) })])).toHaveLength(1);
  });

  it("of a node that is not Ready is its words", () => {
    const ready = { type: "Ready", status: "False", reason: "KubeletNotReady", message: "down" };
    const node = { metadata: { ...aPod().metadata, name: "n1", uid: "n" }, spec: {}, status: { conditions: [ready] } };
    expect(differences(arrivedOf(), { pods: [], nodes: [node], leases: [] }, noon)).toHaveLength(1);
  });
});

describe("a stale Lease", () => {
  const ref = { kind: "Node", namespace: "", name: "n1", uid: "n" };
  const stale = deltasMessage(1, aDelta({ object: ref, signals: ["NodeLeaseStale"] }));
  const differ = (renewedMsAgo: number, message = stale) => {
    const metadata = { name: "n1", uid: "n", resourceVersion: "10", creationTimestamp: "2026-11-21T11:00:00Z" };
    const node = { metadata, spec: {}, status: { conditions: [{ type: "Ready", status: "True" }] } };
    const lease = { metadata, spec: { renewTime: new Date(noon - renewedMsAgo).toISOString() } };
    return differences(arrivedOf(message), { pods: [], nodes: [node], leases: [lease] }, noon).length;
  };

  it("is the last word about a Ready node as long as it is stale, and a moment longer", () => {
    expect([differ(60_000), differ(1_000), differ(10_000)]).toEqual([0, 0, 1]);
    expect(differ(60_000, deltasMessage(1, aDelta({ object: ref, signals: ["NodeNotReady"] })))).toBe(1);
  });
});

describe("measures", () => {
  it("beyond a limit are named, and so is one that was not measured", () => {
    const at = (value: number) => ({ name: "lag p95", value, unit: "ms", atMost: 1_000 });
    expect(broken([at(1_000)])).toEqual([]);
    expect(broken([at(1_001), at(Number.NaN)])).toHaveLength(2);
    expect(broken([{ name: "rate", value: 9, unit: "/s", atLeast: 10 }])).toEqual([
      "rate 9 /s (at least 10): beyond its limit",
    ]);
    expect(
      JSON.parse(
        table([at(12.345)])
          .split("\n")
          .at(-1) ?? "",
      ),
    ).toEqual({ "lag p95": 12.35 });
  });

  it("take the nearest rank as percentile", () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile(hundred, 1)]).toEqual([50, 95, 100]);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
