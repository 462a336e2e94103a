import fc from "fast-check";
import { expect } from "vitest";
import type { Breaker, ClusterStore, StoredReport } from "../../shared/cluster/cluster-state.ts";
import type { RegisteredCluster } from "../../shared/cluster/registered-cluster.ts";
import type { ClusterReport } from "../../shared/delta/cluster-report.ts";
import type { Brake } from "../../shared/rail/brake.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");

/* Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullRegistration: Required<RegisteredCluster> = {
  id: "eu-1",
  sender: "AROAEXAMPLE1",
  endpoint: "https://127.0.0.1:6443",
  certificateAuthority: "LS0tLS1CRUdJTg==",
  authentication: { kind: "eks", eksName: "prod", region: "eu-west-1", roleArn: "arn:aws:iam::123456789012:role/x" },
  ring: 0,
  poolLabel: "example.com/pool",
  readsPerSecond: 10,
  registeredAt: at,
};
const fullReport: Required<ClusterReport> = {
  sent: { from: 1, to: 9 },
  serverVersion: "v1.36.3",
  forwarderVersion: "0.1.0",
  incarnation: "uid-kube-system",
  zones: [{ zone: "a", ready: 3, notReady: 1, unknown: 0 }],
  pools: [
    { pool: "gpu", nodes: 2, free: { cpu: 1.5, "nvidia.com/gpu": 0 }, largestFree: { cpu: 1, "nvidia.com/gpu": 0 } },
  ],
  coalesced: 4,
  suspects: 7,
};
const fullBrake: Required<Brake> = {
  state: "halved",
  reason: "ManyNodesNotReady",
  nodes: 10,
  notReady: 2,
  zones: [{ zone: "", ready: 8, notReady: 1, unknown: 1 }],
  betterSince: at - 5,
  releasedAt: at - 50,
  updatedAt: at,
};
const fullBreaker: Required<Breaker> = { consecutiveFailures: 3, openUntil: at + 30_000, reason: "ETIMEDOUT" };

function aRegistration(id: string, sender: string, overrides: Partial<RegisteredCluster> = {}): RegisteredCluster {
  return { ...fullRegistration, id, sender, ...overrides };
}

function aReport(epoch: number, sequence: number): StoredReport {
  return { epoch, sequence, sentAt: at + sequence, report: fullReport };
}

export function clusterStoreContract(create: () => Promise<ClusterStore>, deviations: Deviations = {}): void {
  contract("ClusterStore", deviations, (keeps) => {
    keeps("gives back every member of a cluster's state in one answer", async () => {
      const clusters = await create();
      expect(await clusters.state("eu-1")).toEqual({});
      await clusters.register(fullRegistration);
      await clusters.saveReport("eu-1", aReport(at, 9));
      await clusters.replaceBrake("eu-1", undefined, fullBrake);
      await clusters.saveBreaker("eu-1", fullBreaker);
      await clusters.markArrived("eu-1", at, [1, 2]);
      expect(await clusters.state("eu-1")).toEqual({
        registered: fullRegistration,
        report: aReport(at, 9),
        brake: fullBrake,
        breaker: fullBreaker,
      });
    });

    keeps("holds each way to authenticate, and a registration without its optional members", async () => {
      const clusters = await create();
      const byToken: RegisteredCluster = {
        id: "eu-2",
        sender: "AROA2",
        endpoint: "https://127.0.0.1:6443",
        authentication: { kind: "serviceAccountToken", secretArn: "arn:aws:secretsmanager:eu-west-1:1:secret:x" },
        ring: 2,
        registeredAt: at,
      };
      const byContext: RegisteredCluster = {
        ...byToken,
        id: "eu-3",
        sender: "AROA3",
        authentication: { kind: "kubeconfig", file: "config", context: "kind" },
      };
      await clusters.register(byToken);
      await clusters.register(byContext);
      expect((await clusters.state("eu-2")).registered).toEqual(byToken);
      expect((await clusters.state("eu-3")).registered).toEqual(byContext);
    });

    keeps("knows which cluster a sender speaks for", async () => {
      const clusters = await create();
      await clusters.register(aRegistration("eu-1", "AROA1"));
      await clusters.register(aRegistration("eu-2", "AROA2"));
      expect(await clusters.clusterOfSender("AROA1")).toBe("eu-1");
      expect(await clusters.clusterOfSender("AROA2")).toBe("eu-2");
      expect(await clusters.clusterOfSender("AROA3")).toBeUndefined();
    });

    keeps("no longer knows the sender that a new registration replaced", async () => {
      const clusters = await create();
      await clusters.register(aRegistration("eu-1", "AROA1"));
      await clusters.register(aRegistration("eu-1", "AROA9"));
      expect(await clusters.clusterOfSender("AROA1")).toBeUndefined();
      expect(await clusters.clusterOfSender("AROA9")).toBe("eu-1");
      await clusters.register(aRegistration("eu-2", "AROA1"));
      expect(await clusters.clusterOfSender("AROA1")).toBe("eu-2");
    });

    keeps("does not let a second cluster take a sender over", async () => {
      const clusters = await create();
      await clusters.register(aRegistration("eu-1", "AROA1"));
      await expect(clusters.register(aRegistration("eu-2", "AROA1"))).rejects.toMatchObject({ code: "ConfigInvalid" });
      expect(await clusters.clusterOfSender("AROA1")).toBe("eu-1");
      expect(await clusters.state("eu-2")).toEqual({});
    });

    keeps("registers again over an older registration", async () => {
      const clusters = await create();
      await clusters.register(fullRegistration);
      const { poolLabel: _, ...without } = fullRegistration;
      await clusters.register({ ...without, ring: 5 });
      expect((await clusters.state("eu-1")).registered).toEqual({ ...without, ring: 5 });
    });

    keeps("removes everything known of a cluster, and nothing of another", async () => {
      const clusters = await create();
      for (const [id, sender] of [["eu-1", "AROA1"] as const, ["eu-10", "AROA10"] as const]) {
        await clusters.register(aRegistration(id, sender));
        await clusters.saveReport(id, aReport(at, 9));
        await clusters.replaceBrake(id, undefined, fullBrake);
        await clusters.saveBreaker(id, fullBreaker);
        await clusters.markArrived(id, at, [1]);
      }
      const other = await clusters.state("eu-10");
      expect(await clusters.remove("eu-1")).toBe("removed");
      expect(await clusters.state("eu-1")).toEqual({});
      expect(await clusters.clusterOfSender("AROA1")).toBeUndefined();
      expect(await clusters.missing("eu-1", at, 1, 1)).toEqual([1]);
      expect(await clusters.state("eu-10")).toEqual(other);
      expect(await clusters.clusterOfSender("AROA10")).toBe("eu-10");
      expect(await clusters.remove("eu-1")).toBe("absent");
    });

    keeps("lists every cluster it knows with its state, by id", async () => {
      const clusters = await create();
      await clusters.register(aRegistration("eu-2", "AROA2"));
      await clusters.replaceBrake("eu-2", undefined, fullBrake);
      await clusters.register(aRegistration("eu-1", "AROA1"));
      await clusters.markArrived("eu-3", at, [1]);
      expect(await clusters.list()).toEqual([
        { id: "eu-1", registered: aRegistration("eu-1", "AROA1") },
        { id: "eu-2", registered: aRegistration("eu-2", "AROA2"), brake: fullBrake },
      ]);
    });

    keeps("stores a report only if epoch and sequence rise", async () => {
      const clusters = await create();
      expect(await clusters.saveReport("eu-1", aReport(100, 5))).toBe("saved");
      expect(await clusters.saveReport("eu-1", aReport(100, 5))).toBe("stale");
      expect(await clusters.saveReport("eu-1", aReport(100, 4))).toBe("stale");
      expect(await clusters.saveReport("eu-1", aReport(99, 6))).toBe("stale");
      expect((await clusters.state("eu-1")).report).toEqual(aReport(100, 5));
      expect(await clusters.saveReport("eu-1", aReport(100, 6))).toBe("saved");
      expect(await clusters.saveReport("eu-1", aReport(101, 1))).toBe("saved");
      expect((await clusters.state("eu-1")).report).toEqual(aReport(101, 1));
    });

    keeps("ends with the newest of racing reports", async () => {
      const clusters = await create();
      await racing(20, (index) => clusters.saveReport("eu-1", aReport(100, ((index * 7) % 20) + 1)));
      expect((await clusters.state("eu-1")).report).toEqual(aReport(100, 20));
    });

    keeps("replaces the brake that it was computed from, and no other", async () => {
      const clusters = await create();
      const brakeAt = (updatedAt: number, reason: string): Brake => ({ ...fullBrake, updatedAt, reason });
      const stored = async () => (await clusters.state("eu-1")).brake;
      const first = brakeAt(at, "first");
      expect(await clusters.replaceBrake("eu-1", first, brakeAt(at + 1, "of none"))).toBe("conflict");
      expect(await clusters.replaceBrake("eu-1", undefined, first)).toBe("replaced");
      expect(await clusters.replaceBrake("eu-1", undefined, brakeAt(at + 1, "second first"))).toBe("conflict");
      expect(await stored()).toEqual(first);
      const { betterSince: _b, releasedAt: _r, ...bare } = brakeAt(at + 1, "newer");
      expect(await clusters.replaceBrake("eu-1", first, bare)).toBe("replaced");
      expect(await clusters.replaceBrake("eu-1", first, brakeAt(at + 2, "from an old one"))).toBe("conflict");
      expect(await stored()).toEqual(bare);
    });

    keeps("lets one of racing brakes through", async () => {
      const clusters = await create();
      const brakes = Array.from({ length: 20 }, (_, index): Brake => ({ ...fullBrake, reason: `${index}` }));
      const answers = await Promise.all(brakes.map((each) => clusters.replaceBrake("eu-1", undefined, each)));
      expect(answers.filter((each) => each === "replaced")).toHaveLength(1);
    });

    keeps("opens and closes the breaker", async () => {
      const clusters = await create();
      await clusters.saveBreaker("eu-1", undefined);
      await clusters.saveBreaker("eu-1", fullBreaker);
      expect(await clusters.state("eu-1")).toEqual({ breaker: fullBreaker });
      await clusters.saveBreaker("eu-1", undefined);
      expect(await clusters.state("eu-1")).toEqual({});
    });

    keeps("names the sequence numbers that never arrived, whatever order the others came in", async () => {
      const clusters = await create();
      await clusters.markArrived("eu-1", at, [5, 3]);
      await clusters.markArrived("eu-1", at, [3, 1]);
      expect(await clusters.missing("eu-1", at, 1, 6)).toEqual([2, 4, 6]);
      await clusters.markArrived("eu-1", at, [2]);
      expect(await clusters.missing("eu-1", at, 1, 5)).toEqual([4]);
      expect(await clusters.missing("eu-2", at, 1, 2)).toEqual([1, 2]);
    });

    keeps("keeps epochs apart", async () => {
      const clusters = await create();
      await clusters.markArrived("eu-1", at, [1]);
      await clusters.markArrived("eu-1", at + 1, [2]);
      expect(await clusters.missing("eu-1", at, 1, 2)).toEqual([2]);
      expect(await clusters.missing("eu-1", at + 1, 1, 2)).toEqual([1]);
    });

    keeps("loses none of twenty racing arrivals", async () => {
      const clusters = await create();
      await racing(20, (index) => clusters.markArrived("eu-1", at, [index + 1]));
      expect(await clusters.missing("eu-1", at, 1, 21)).toEqual([21]);
    });

    keeps("sees a whole report's 1,024 sequence numbers, wherever they begin", async () => {
      const clusters = await create();
      const sequences = Array.from({ length: 1_024 }, (_, index) => 700 + index);
      const lost = new Set([700, 767, 768, 1_023, 1_024, 1_723]);
      const arrived = sequences.filter((each) => !lost.has(each));
      for (let start = 0; start < arrived.length; start += 100) {
        await clusters.markArrived("eu-1", at, arrived.slice(start, start + 100));
      }
      expect(await clusters.missing("eu-1", at, 700, 1_723)).toEqual([...lost]);
      expect(await clusters.missing("eu-1", at, 1_000, 1_100)).toEqual([1_023, 1_024]);
    });

    keeps("accepts a report exactly when it follows the last accepted one", async () => {
      const clusters = await create();
      const reports = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })), {
        maxLength: 8,
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(reports, (pairs) => {
          run += 1;
          return acceptsWhatFollows(clusters, `eu-${run}`, pairs);
        }),
        { numRuns: 25 },
      );
    });
  });
}

async function acceptsWhatFollows(
  clusters: ClusterStore,
  id: string,
  reports: readonly (readonly [epoch: number, sequence: number])[],
): Promise<void> {
  let last: readonly [number, number] = [0, 0];
  for (const [epoch, sequence] of reports) {
    const follows = epoch > last[0] || (epoch === last[0] && sequence > last[1]);
    expect(await clusters.saveReport(id, aReport(epoch, sequence))).toBe(follows ? "saved" : "stale");
    if (follows) last = [epoch, sequence];
  }
}
