import { describe, expect, it } from "vitest";
import { readRows } from "../../../../infra/catalogue/read-rows.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode } from "../../../build/node.ts";
import { aStandingPod } from "../../../build/node-subject.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aCondition } from "../../../build/pod.ts";
import { root } from "../../../layout/source-imports.ts";
import { judge, nodeEvent, readyWith, type Situation, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const rows = readRows(root);
const taint = {
  kind: "heal",
  heal: { kind: "TaintNode", taint: { key: "knitbone.io/suspect", effect: "NoSchedule" } },
};
const overdue = aStandingPod({ endsBy: atNoon(-minutes(1)) });

/** What each row is recorded to say as a condition of a node. */
function saidBy(id: string) {
  const row = rows.find((each) => each.id === id);
  const samples = row?.samples.filter(({ channel }) => channel === "nodeCondition") ?? [];
  if (samples.length === 0) throw new Error(`${id} is no signature of a node's condition`);
  return samples.map(({ reason = "", text }) => ({ reason, message: text }));
}

interface Group {
  readonly name: string;
  readonly reason: string;
  readonly rows: readonly string[];
}

const ofReady: readonly Group[] = [
  {
    name: "a runtime that is down (S0-20, S0-88, S3-02, S3-08, S3-09)",
    reason: "NotReadyRuntime",
    rows: ["runtime-is-down", "runtime-says-not-ready", "runtime-not-checked-yet", "network-state-unknown"],
  },
  { name: "no network (S3-08)", reason: "NotReadyNetwork", rows: ["network-plugin-not-ready"] },
  { name: "no capacity (S3-08)", reason: "NotReadyCapacity", rows: ["capacity-missing"] },
  { name: "no storage yet (S3-08)", reason: "NotReadyCsi", rows: ["csinode-not-initialized"] },
  { name: "a shutdown (S3-08)", reason: "NotReadyShutdown", rows: ["node-is-shutting-down"] },
];

describe("a node whose Ready says in words of the catalogue", () => {
  it.each(ofReady)("$name: marked for $reason", ({ reason, rows: ids }) => {
    for (const { message } of ids.flatMap(saidBy)) {
      expect(judge({ node: sayingNotReady(message), memory: seenNotReady })).toMatchObject({ ...taint, reason });
    }
  });
});

it("a relist is watched while it has been missing for three minutes, and the node marked when for twelve (S0-39, S0-87, S1-08)", () => {
  for (const { message } of saidBy("pleg-not-healthy")) {
    const at = (age: string) =>
      judge({ node: sayingNotReady(message.replace(/active \S+ ago/, `active ${age} ago`)), memory: seenNotReady });
    expect(at("3m12s")).toMatchObject({ kind: "wait", reason: "PlegWatched" });
    expect(at("12m4s")).toMatchObject({ ...taint, reason: "NotReadyPleg" });
  }
});

it("a kubelet that does not start, or never did, is a silent node from outside: marked, and told (S0-54, S0-58)", () => {
  const memory = { state: "silent", since: atNoon(-minutes(60)) } as const;
  for (const said of [...saidBy("kubelet-silent"), ...saidBy("kubelet-never-heard")]) {
    const since = atNoon(-minutes(10));
    const silent = aCondition({ type: "Ready", status: "Unknown", lastTransitionTime: since, ...said });
    expect(judge({ node: aNode({ conditions: [silent] }), memory })).toMatchObject({ ...taint, reason: "NodeSilent" });
    const marked = aNode({ conditions: [silent], taints: [suspected(since)] });
    expect(judge({ node: marked, memory })).toMatchObject({ kind: "escalate", reason: "NodeSilent" });
  }
});

interface ConditionGroup extends Group {
  /** The condition's type, as node-problem-detector has it. */
  readonly type: string;
}

const live: readonly ConditionGroup[] = [
  {
    name: "a kubelet that restarts for ever (S0-38)",
    type: "FrequentKubeletRestart",
    reason: "KubeletRestarting",
    rows: ["kubelet-restarts"],
  },
  {
    name: "a runtime that restarts for ever (S0-20)",
    type: "FrequentContainerdRestart",
    reason: "RuntimeDown",
    rows: ["runtime-restarts"],
  },
  {
    name: "a runtime that does not answer its agent (S0-20)",
    type: "ContainerRuntimeUnhealthy",
    reason: "RuntimeDown",
    rows: ["runtime-unhealthy"],
  },
];

const latched: readonly ConditionGroup[] = [
  {
    name: "processes that hang in the kernel (S0-18)",
    type: "KernelDeadlock",
    reason: "ProcessHung",
    rows: ["task-hung"],
  },
  {
    name: "an image store that is broken (S0-28)",
    type: "CorruptDockerOverlay2",
    reason: "LayerCorrupt",
    rows: ["overlay-corrupt"],
  },
  {
    name: "a disk that became read-only (S0-24)",
    type: "ReadonlyFilesystem",
    reason: "FilesystemReadOnly",
    rows: ["filesystem-read-only"],
  },
  { name: "XFS that shut down", type: "XfsShutdown", reason: "FilesystemReadOnly", rows: ["xfs-shut-down"] },
];

const nodeWith = ({ type, rows: ids }: ConditionGroup) =>
  ids.flatMap(saidBy).map((said) => readyWith({ type, ...said }));

describe("a Ready node beside whose Ready an agent says (S0-72)", () => {
  it.each(live)("$name: marked for $reason, by that alone", (group) => {
    for (const node of nodeWith(group)) expect(judge({ node })).toMatchObject({ ...taint, reason: group.reason });
  });

  it.each(latched)("$name: told, and marked for $reason beside an ailment that is seen now", (group) => {
    for (const node of nodeWith(group)) {
      expect(judge({ node })).toMatchObject({ kind: "escalate", reason: group.reason });
      expect(judge({ node, subject: { pods: [overdue] } })).toMatchObject({ ...taint, reason: group.reason });
    }
  });
});

it("every signature of a node's condition is judged above", () => {
  const judged = [...ofReady, ...live, ...latched].flatMap((each) => each.rows);
  const byThemselves = ["kubelet-silent", "kubelet-never-heard", "pleg-not-healthy"];
  // Those of the node pack are judged in node-pack.test.ts, which takes all that its page and its rows name.
  const known = rows.filter(
    ({ id, samples }) => !id.startsWith("pack-") && samples.some(({ channel }) => channel === "nodeCondition"),
  );
  expect(known.map(({ id }) => id).sort()).toEqual([...judged, ...byThemselves].sort());
});

describe("a node that pending-rescheduler handed over", () => {
  const handedOver = (reason: string): Situation => ({
    symptoms: [{ pod: aRef(), reason, message: "", at: noon }],
  });
  const causes = [...new Set(rows.filter(({ remedy }) => remedy === "handOver").map(({ cause }) => cause))];
  // One pod's words are enough for these (symptoms.test.ts).
  const ownLadder: ReadonlySet<string> = new Set([
    "CgroupLeak",
    "CgroupMissing",
    "DbusClosed",
    "FilesystemReadOnly",
    "KernelMemory",
    "LayerCorrupt",
    "NameReserved",
    "ProcessHung",
    "RuntimeDown",
  ]);

  it.each(causes)("for %s is marked, though it calls itself Ready (S0-16, S0-35)", (cause) => {
    const verdict = judge(handedOver(cause));
    expect(verdict).toMatchObject({ ...taint, reason: ownLadder.has(cause) ? cause : "NodeSuspected" });
    expect(verdict.message).toContain(`calls itself Ready, but ${cause} of shop/web-1`);
  });

  it("for a name that containerd keeps is asked for a restart of containerd, five minutes after the mark (S0-65)", () => {
    const node = aNode({ taints: [suspected(atNoon(-minutes(5)))], containerRuntimeVersion: "containerd://2.2.3" });
    const situation: Situation = {
      ...handedOver("NameReserved"),
      node,
      memory: { state: "ailing", since: atNoon(-minutes(10)) },
      subject: { pods: [aStandingPod({ silentSince: atNoon(-minutes(6)) })] },
    };
    expect(judge({ ...situation, knobs: { rungs: ["restart-runtime", "reboot"] } })).toMatchObject({
      kind: "heal",
      heal: { kind: "AskNodeTask", rung: "restart-runtime" },
    });
    expect(judge(situation).message).toContain("until it is restarted");
  });

  it("and that then ceases to be Ready is told with what its pods showed: a late runtime, a broken network (S1-09, S1-12)", () => {
    const node = sayingNotReady("PLEG is not healthy: pleg was last seen active 12m4s ago; threshold is 3m0s");
    const symptoms = (at: number) =>
      ["RuntimeTimeout", "NetworkSetup"].map((reason) => ({ pod: aRef(), reason, message: "", at }));
    const words = (at: number) => judge({ node, memory: seenNotReady, symptoms: symptoms(at) }).message;
    expect(words(atNoon(-minutes(60)))).toContain("before it, pods there showed RuntimeTimeout, NetworkSetup");
    expect(words(atNoon(-minutes(60)) - 1)).not.toContain("pods there showed");
  });
});

describe("a node that is short of something is told with what helps", () => {
  it("of disk: clean images and logs, and no reboot (S0-55)", () => {
    const { message } = judge({ node: readyWith({ type: "DiskPressure", reason: "KubeletHasDiskPressure" }) });
    expect(message).toContain("clean its images and logs; a reboot does not help");
  });

  it("of memory: what was killed there, in the words of the kubelet or an agent (S0-56)", () => {
    const node = readyWith({ type: "MemoryPressure", reason: "KubeletHasInsufficientMemory" });
    const victim = "System OOM encountered, victim process: java, pid: 4242";
    const killed = (lastSeenAt: number, source = "kubelet") =>
      judge({ node, events: [nodeEvent({ reason: "SystemOOM", message: victim, source, lastSeenAt })] }).message;
    expect(killed(noon)).toContain(`Killed there: ${victim}`);
    expect(killed(noon, "mallory")).not.toContain(victim);
    expect(killed(atNoon(-minutes(15)) - 1)).not.toContain(victim);
  });
});
