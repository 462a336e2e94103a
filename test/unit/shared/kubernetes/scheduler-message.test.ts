import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSchedulerMessage } from "../../../../shared/kubernetes/scheduler-message.ts";

const folder = new URL("../../../fixtures/kubernetes/v1.36.3/", import.meta.url);

interface Recorded {
  readonly sample: {
    readonly message?: string;
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
  };
}

/** The scheduler's words as they were recorded: scenario → message. */
function recorded(channel: "event" | "podStatus", ending: string): ReadonlyMap<string, string> {
  const files = readdirSync(new URL(`${channel}/`, folder)).filter((each) => each.endsWith(ending));
  return new Map(
    files.map((file) => {
      const { sample }: Recorded = JSON.parse(readFileSync(new URL(`${channel}/${file}`, folder), "utf8"));
      const condition = sample.status?.conditions?.find(({ type }) => type === "PodScheduled");
      return [file.replace(ending, ""), sample.message ?? condition?.message ?? ""];
    }),
  );
}

/** All of them stand on six nodes, of which one is tainted and one cordoned. */
const classes: Readonly<Record<string, readonly string[]>> = {
  "claim-deleted": ["6 volumeMissing"],
  "claim-elsewhere": ["1 taint", "1 cordon", "2 volumeElsewhere", "2 affinity"],
  "claim-lost": ["6 volumeMissing"],
  "claim-missing": ["6 volumeMissing"],
  "claim-unbound": ["6 volumeUnbound"],
  "claim-unprovisioned": ["6 volumeUnbound"],
  "claim-without-class": ["6 volumeUnbound"],
  "claim-without-volume": ["1 taint", "1 cordon", "2 volumeUnbound", "2 affinity"],
  "unschedulable-affinity": ["1 taint", "1 cordon", "2 affinity", "2 affinity"],
  "unschedulable-anti-affinity": ["1 taint", "1 cordon", "2 affinity", "2 affinity"],
  "unschedulable-anti-affinity-of-others": ["1 taint", "1 cordon", "2 affinity", "2 affinity"],
  "unschedulable-device": ["1 taint", "1 cordon", "2 resources", "2 affinity"],
  "unschedulable-ephemeral-storage": ["1 taint", "1 cordon", "2 resources", "2 affinity"],
  "unschedulable-everywhere": ["1 resources", "1 taint", "1 cordon", "4 resources"],
  "unschedulable-host-port": ["1 taint", "1 cordon", "2 ports", "2 affinity"],
  "unschedulable-memory": ["1 taint", "1 cordon", "2 resources", "2 affinity"],
  "unschedulable-node-selector": ["1 taint", "1 cordon", "4 affinity"],
  "unschedulable-taint": ["1 taint", "1 cordon", "4 affinity"],
  "unschedulable-too-many-pods": ["1 resources", "1 taint", "1 cordon", "3 affinity"],
  "unschedulable-topology-spread": ["1 taint", "1 cordon", "2 affinity", "2 topologySpread"],
};

const partsOf = (message: string) => readSchedulerMessage(message)?.parts.map((each) => `${each.nodes} ${each.class}`);

describe.each([
  ["event", ".FailedScheduling.json"],
  ["podStatus", ".Unschedulable.json"],
] as const)("what the scheduler of v1.36.3 says, as %s", (channel, ending) => {
  const messages = recorded(channel, ending);

  it("is recorded for every class", () => {
    expect([...messages.keys()].sort()).toEqual(Object.keys(classes).sort());
  });

  it.each([...messages])("%s (S0-13, S0-21, S0-22)", (scenario, message) => {
    expect(partsOf(message)?.toSorted()).toEqual(classes[scenario]?.toSorted());
    expect(readSchedulerMessage(message)?.nodes).toBe(6);
  });
});

describe("the scheduler's words", () => {
  it("name the resource, and part preemption from the rest", () => {
    const message =
      "0/5 nodes are available: 2 Insufficient example.com/gpu, 1 Too many pods, 2 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.";
    expect(readSchedulerMessage(message)).toEqual({
      nodes: 5,
      parts: [
        { class: "resources", nodes: 2, text: "Insufficient example.com/gpu", resource: "example.com/gpu" },
        { class: "resources", nodes: 1, text: "Too many pods", resource: "pods" },
        { class: "taint", nodes: 2, text: "node(s) had untolerated taint {dedicated: gpu}", taintKey: "dedicated" },
      ],
      said: "2 Insufficient example.com/gpu, 1 Too many pods, 2 node(s) had untolerated taint {dedicated: gpu}",
      preemption: "preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.",
    });
  });

  it("may have commas and full stops within", () => {
    const message =
      "0/3 nodes are available: 1 node(s) had taint {example.com/team: a.b}, that the pod didn't tolerate, 2 Insufficient cpu.";
    expect(readSchedulerMessage(message)?.parts).toMatchObject([
      { class: "taint", nodes: 1, taintKey: "example.com/team" },
      { class: "resources", nodes: 2, resource: "cpu" },
    ]);
  });

  it("before v1.24 said it without an end about preemption (S0-22)", () => {
    expect(partsOf("0/3 nodes are available: 3 pod has unbound immediate PersistentVolumeClaims.")).toEqual([
      "3 volumeUnbound",
    ]);
  });

  it.each([
    "0/2 nodes are available: 2 node(s) didn't please plugin Astrology.",
    "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't please plugin Astrology.",
    "0/2 nodes are available: 2 Insufficient cpu and patience.",
  ])("that nobody has seen are of no class: %s", (message) => {
    expect(partsOf(message)?.at(-1)).toMatch(/ unknown$/);
  });

  it.each(["", "no nodes available to schedule pods", "0/2 nodes are available: ", "running PreBind plugin failed"])(
    "are none: %j",
    (message) => {
      expect(readSchedulerMessage(message)).toBeUndefined();
    },
  );

  it("of a megabyte are read as far as a message can be", () => {
    const message = `0/2 nodes are available: ${"1 Insufficient cpu, ".repeat(50_000)}`;
    expect(readSchedulerMessage(message)?.parts.length).toBeLessThan(250);
  });
});
