import { expect } from "vitest";
import type { Action } from "../../shared/ledger/action.ts";
import type { Ledger } from "../../shared/ledger/ledger.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");
const pod = { kind: "Pod", namespace: "shop", name: "web-1", uid: "uid-1" };
const node = { kind: "Node", namespace: "", name: "n1", uid: "uid-n1" };

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullAction: Required<Action> = {
  id: "a-1",
  cluster: "eu-1",
  healer: "terminating-reaper",
  object: pod,
  heal: { kind: "ForceDeletePod", pod, resourceVersion: "77", node },
  reason: "Overdue",
  message: "past its grace by 2m",
  mode: "act",
  attempt: 2,
  traceId: "trace-1",
  plannedAt: at,
  allowedBy: "eu-1 terminating-reaper act (jo)",
  budgets: ["act#node#eu-1/uid-n1", "act#fleet#*"],
  evidence: "H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==",
  outcome: { kind: "Done", message: "", at: at + 1 },
  verifiedAt: at + 2,
};

const taint = { key: "knitbone.io/suspect", value: "", effect: "NoSchedule" };
const ofPod = { pod, resourceVersion: "78" };
const ofNode = { node, resourceVersion: "79", taint };
const ofWorkload = { workload: pod, resourceVersion: "80" };
const poolB = { label: "eks.amazonaws.com/nodegroup", value: "b" };
const room = { pool: "b", amounts: { cpu: 0.5, "nvidia.com/gpu": 1 } };

/** A new kind must be added here: a row that cannot be read makes every list of actions unreadable. */
const everyHeal: { readonly [Kind in Action["heal"]["kind"]]: Extract<Action["heal"], { readonly kind: Kind }> } = {
  ForceDeletePod: { kind: "ForceDeletePod", ...ofPod, node },
  EvictTerminalPod: { kind: "EvictTerminalPod", ...ofPod },
  EvictOrphan: { kind: "EvictOrphan", ...ofPod },
  EvictStuckPod: { kind: "EvictStuckPod", ...ofPod },
  DrainPod: { kind: "DrainPod", ...ofPod },
  TaintNode: { kind: "TaintNode", ...ofNode },
  UntaintNode: { kind: "UntaintNode", ...ofNode },
  AskNodeTask: { kind: "AskNodeTask", node, resourceVersion: "79", rung: "reboot", id: "mi4-2", cause: "NotReadyPleg" },
  CreateSpill: { kind: "CreateSpill", ...ofWorkload, name: "web-spill", replicas: 2, pool: poolB, room },
  ScaleSpill: { kind: "ScaleSpill", ...ofWorkload, spill: node, generation: 1, replicas: 3, room },
  RemoveSpill: { kind: "RemoveSpill", ...ofWorkload, spill: node },
  Escalate: { kind: "Escalate", about: node },
};

function aPlanned(overrides: Partial<Action> = {}): Action {
  const { outcome: _outcome, verifiedAt: _verifiedAt, evidence: _evidence, ...planned } = fullAction;
  return { ...planned, ...overrides };
}

export function ledgerContract(create: () => Promise<Ledger>, deviations: Deviations = {}): void {
  contract("Ledger", deviations, (keeps) => {
    keeps("gives back every member of what was planned", async () => {
      const ledger = await create();
      expect(await ledger.plan(fullAction)).toBe("planned");
      expect(await ledger.read("eu-1", "a-1")).toEqual(fullAction);
    });

    keeps("holds each kind of heal", async () => {
      const ledger = await create();
      for (const [id, heal] of Object.entries(everyHeal)) {
        const planned = aPlanned({ id, heal });
        await ledger.plan(planned);
        expect(await ledger.read("eu-1", id)).toEqual(planned);
      }
      expect(await ledger.list()).toHaveLength(Object.keys(everyHeal).length);
    });

    keeps("plans an id once and leaves the first as it is", async () => {
      const ledger = await create();
      expect(await ledger.plan(aPlanned())).toBe("planned");
      expect(await ledger.plan(aPlanned({ attempt: 9 }))).toBe("exists");
      expect(await ledger.plan(aPlanned({ plannedAt: at + 60_000 }))).toBe("exists");
      expect(await ledger.read("eu-1", "a-1")).toEqual(aPlanned());
      expect(await ledger.list()).toEqual([aPlanned()]);
    });

    keeps("lets one of twenty racing plans of one id win", async () => {
      const ledger = await create();
      const answers = await racing(20, (index) => ledger.plan(aPlanned({ attempt: index })));
      expect(answers.filter((each) => each === "planned")).toHaveLength(1);
      expect((await ledger.read("eu-1", "a-1"))?.attempt).toBe(answers.indexOf("planned"));
    });

    keeps("settles once and keeps the first outcome", async () => {
      const ledger = await create();
      const outcome = { kind: "Unknown", message: "timed out", at: at + 5 } as const;
      expect(await ledger.settle("eu-1", "a-1", outcome)).toBe("absent");
      await ledger.plan(aPlanned());
      expect(await ledger.settle("eu-1", "a-1", outcome)).toBe("settled");
      expect(await ledger.settle("eu-1", "a-1", { kind: "Done", message: "", at: at + 6 })).toBe("already");
      expect(await ledger.read("eu-1", "a-1")).toEqual(aPlanned({ outcome }));
    });

    keeps("makes no action out of an outcome or a verification alone", async () => {
      const ledger = await create();
      await ledger.settle("eu-1", "a-1", { kind: "Done", message: "", at });
      await ledger.verify("eu-1", "a-1", at);
      expect(await ledger.read("eu-1", "a-1")).toBeUndefined();
      expect(await ledger.list()).toEqual([]);
    });

    keeps("lets one of twenty racing settlements win", async () => {
      const ledger = await create();
      await ledger.plan(aPlanned());
      const answers = await racing(20, (index) =>
        ledger.settle("eu-1", "a-1", { kind: "Done", message: `${index}`, at }),
      );
      expect(answers.filter((each) => each === "settled")).toHaveLength(1);
      expect((await ledger.read("eu-1", "a-1"))?.outcome?.message).toBe(`${answers.indexOf("settled")}`);
    });

    keeps("verifies once and keeps the first instant", async () => {
      const ledger = await create();
      await ledger.plan(aPlanned());
      await ledger.verify("eu-1", "a-1", at + 7);
      await ledger.verify("eu-1", "a-1", at + 8);
      expect(await ledger.read("eu-1", "a-1")).toEqual(aPlanned({ verifiedAt: at + 7 }));
    });

    keeps("keeps clusters apart", async () => {
      const ledger = await create();
      expect(await ledger.plan(aPlanned())).toBe("planned");
      expect(await ledger.plan(aPlanned({ cluster: "eu-2" }))).toBe("planned");
      expect(await ledger.settle("eu-2", "a-1", { kind: "Done", message: "", at })).toBe("settled");
      expect(await ledger.read("eu-1", "a-1")).toEqual(aPlanned());
    });

    keeps("lists the newest first, by cluster and healer, up to a limit", async () => {
      const ledger = await create();
      await ledger.plan(aPlanned({ id: "1", plannedAt: at + 1 }));
      await ledger.plan(aPlanned({ id: "3", plannedAt: at + 3, healer: "orphan-sweeper" }));
      await ledger.plan(aPlanned({ id: "2", plannedAt: at + 2, cluster: "eu-2" }));
      const ids = async (filter?: Parameters<Ledger["list"]>[0]) => (await ledger.list(filter)).map((each) => each.id);
      expect(await ids()).toEqual(["3", "2", "1"]);
      expect(await ids({ limit: 2 })).toEqual(["3", "2"]);
      expect(await ids({ cluster: "eu-1" })).toEqual(["3", "1"]);
      expect(await ids({ cluster: "eu-1", limit: 1 })).toEqual(["3"]);
      expect(await ids({ healer: "terminating-reaper" })).toEqual(["2", "1"]);
      expect(await ids({ healer: "orphan-sweeper", cluster: "eu-2" })).toEqual([]);
    });

    keeps("lists more than fit into one read, each with its outcome", async () => {
      const ledger = await create();
      const evidence = "e".repeat(20_000);
      for (let i = 0; i < 120; i++) await ledger.plan(aPlanned({ id: `a-${i}`, plannedAt: at + i, evidence }));
      await ledger.settle("eu-1", "a-60", { kind: "Gone", message: "", at: at + 200 });
      const listed = await ledger.list();
      expect(listed.map((each) => each.id)).toEqual(Array.from({ length: 120 }, (_, i) => `a-${119 - i}`));
      expect(listed.find((each) => each.id === "a-60")?.outcome?.kind).toBe("Gone");
      expect(await ledger.list({ limit: 60 })).toEqual(listed.slice(0, 60));
    });
  });
}
