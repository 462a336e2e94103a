import { describe, expect, it } from "vitest";
import type { NodeMemory } from "../../../../shared/case/case.ts";
import { ailments, withMemory } from "../../../../shared/heal/node-memory.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aLease } from "../../../build/lease.ts";
import { aNode, aNodeWithReady, aTaint } from "../../../build/node.ts";
import { aNodeMemory, aNodeSubject, aStandingPod } from "../../../build/node-subject.ts";
import { aSubject } from "../../../build/subject.ts";

const remember = (before: NodeMemory | undefined, subject = aNodeSubject(), now = noon) =>
  withMemory(anOpenCase(before === undefined ? {} : { memory: before }), subject, now).memory;

describe("what a node's case remembers", () => {
  it("begins with the first look, and keeps nothing of a pod", () => {
    expect(remember(undefined)).toMatchObject({ state: "well", since: noon, seenAt: noon, ours: [] });
    expect(withMemory(anOpenCase(), aSubject(), noon)).not.toHaveProperty("memory");
  });

  it("goes on while looks follow each other within two minutes, and begins anew after a gap", () => {
    const since = atNoon(-hours(1));
    expect(remember(aNodeMemory({ since, seenAt: atNoon(-minutes(2)) }))).toMatchObject({ since });
    expect(remember(aNodeMemory({ since, seenAt: atNoon(-minutes(2) - 1) }))).toMatchObject({ since: noon });
  });

  it("begins anew with another state", () => {
    const silent = aNodeSubject({ node: aNodeWithReady("Unknown", atNoon(-minutes(1))) });
    expect(remember(aNodeMemory(), silent)).toMatchObject({ state: "silent", since: noon });
    const down = aNodeSubject({ node: aNodeWithReady("False", atNoon(-minutes(1))) });
    expect(remember(aNodeMemory(), down)).toMatchObject({ state: "notReady", since: noon });
    const ailing = aNodeSubject({ pods: [aStandingPod({ endsBy: atNoon(-minutes(1)) })] });
    expect(remember(aNodeMemory(), ailing)).toMatchObject({ state: "ailing", since: noon });
  });

  it("counts each change of Ready once, for an hour (S0-39)", () => {
    const changed = atNoon(-minutes(1));
    const old = [atNoon(-hours(1) - 1), atNoon(-hours(1)), changed];
    const subject = aNodeSubject({ node: aNodeWithReady("True", changed) });
    expect(remember(aNodeMemory({ readyChanges: old }), subject)?.readyChanges).toEqual([atNoon(-hours(1)), changed]);
  });
});

describe("why a Ready node is not well", () => {
  it.each<[string, Parameters<typeof aNodeSubject>[0], readonly string[]]>([
    ["nothing", {}, []],
    ["a Lease of 40 s", { lease: aLease({ renewedAt: atNoon(-seconds(40)) }) }, []],
    ["an older one", { lease: aLease({ renewedAt: atNoon(-seconds(40) - 1) }) }, ["its Lease is not renewed"]],
    ["one from the future", { lease: aLease({ renewedAt: atNoon(seconds(30) + 1) }) }, ["its Lease is not renewed"]],
    ["none", { lease: undefined }, ["its Lease is not renewed"]],
    ["a pod 30 s overdue", { pods: [aStandingPod({ endsBy: atNoon(-seconds(30)) })] }, []],
    [
      "two that are longer",
      { pods: [aStandingPod({ endsBy: atNoon(-seconds(31)) }), aStandingPod({ endsBy: 0 })] },
      ["2 overdue pods stand on it"],
    ],
    [
      "a silent one",
      { pods: [aStandingPod({ silentSince: atNoon(-seconds(31)) })] },
      ["its kubelet has not said a word of 1 pod"],
    ],
  ])("%s", (_, subject, expected) => {
    expect(ailments(aNodeSubject(subject), noon)).toEqual(expected);
  });
});

describe("what a node's case remembers of its machine", () => {
  const day = hours(24);

  it("keeps the boots of a day, and the one before the first of them (S0-57)", () => {
    const boots = [
      { id: "a", at: atNoon(-hours(60)) },
      { id: "b", at: atNoon(-day) },
      { id: "c", at: atNoon(-hours(2)) },
    ];
    const inBoot = (bootId: string) => aNodeSubject({ node: aNode({ bootId }) });
    expect(remember(undefined, inBoot("a"))?.boots).toEqual([{ id: "a", at: noon }]);
    expect(remember(aNodeMemory({ boots }), inBoot("c"))?.boots).toEqual(boots);
    expect(remember(aNodeMemory({ boots }), inBoot("d"))?.boots).toEqual([...boots, { id: "d", at: noon }]);
    expect(remember(aNodeMemory({ boots }), inBoot("c"), noon + 1)?.boots).toEqual(boots.slice(1));
    expect(remember(aNodeMemory({ boots: boots.slice(2) }), inBoot("c"), noon + 9 * day)?.boots).toEqual(
      boots.slice(2),
    );
    expect(remember(aNodeMemory({ boots }), inBoot(""))?.boots).toEqual(boots);
  });

  it("knows when a kubelet of another version came, and that the first one it saw is none (S3-01)", () => {
    const running = (kubeletVersion: string) => aNodeSubject({ node: aNode({ kubeletVersion }) });
    const first = remember(undefined, running("v1.35.0"));
    expect(first?.kubelet).toEqual({ version: "v1.35.0", at: 0 });
    const later = remember(first, running("v1.36.0"), noon + 1);
    expect(later?.kubelet).toEqual({ version: "v1.36.0", at: noon + 1 });
    expect(remember(later, running("v1.36.0"), noon + 9)?.kubelet).toEqual(later?.kubelet);
  });

  it("keeps the most devices that it saw, and since when some are lost (S0-60)", () => {
    const with4 = (offered: number) =>
      aNodeSubject({
        node: aNode({ allocatable: { "example.com/gpu": offered }, capacity: { "example.com/gpu": 4 } }),
      });
    const before = remember(undefined, with4(4));
    expect(before?.devices).toEqual({ "example.com/gpu": 4 });
    expect(before).not.toHaveProperty("devicesLostSince");
    const lost = remember(before, with4(3), noon + 1);
    expect(lost?.devicesLostSince).toBe(noon + 1);
    expect(remember(lost, aNodeSubject(), noon + 2)).toMatchObject({
      devices: { "example.com/gpu": 4 },
      devicesLostSince: noon + 1,
    });
    expect(remember(lost, with4(4), noon + 3)).not.toHaveProperty("devicesLostSince");
    // What a node does not miss itself for a day was taken away on purpose.
    const gone = { devices: { "example.com/gpu": 4 }, devicesLostSince: atNoon(-day) };
    expect(remember(aNodeMemory(gone))).toMatchObject(gone);
    expect(remember(aNodeMemory(gone), aNodeSubject(), noon + 1)).not.toHaveProperty("devices");
    expect(remember(aNodeMemory(gone), with4(3), noon + 1)).toMatchObject({ devicesLostSince: atNoon(-day) });
  });

  it("counts what could be moved once, when it is first seen not Ready under our mark (S1-06)", () => {
    const taints = [aTaint()];
    const marked = (count: number, status: "True" | "False" = "False") =>
      aNodeSubject({
        node: aNodeWithReady(status, 0, { taints }),
        pods: Array.from({ length: count }, () => aStandingPod({ movable: true })),
      });
    const first = remember(undefined, marked(5));
    expect(first?.movable).toBe(5);
    expect(remember(first, marked(3), noon + 1)?.movable).toBe(5);
    expect(remember(first, marked(3, "True"), noon + 1)).not.toHaveProperty("movable");
  });

  it("keeps rungs for a day (S1-02)", () => {
    const tried = [{ rung: "reboot", id: "x-1", cause: "NotReadyPleg", at: atNoon(-day) }] as const;
    expect(remember(aNodeMemory({ tried }))?.tried).toEqual(tried);
    expect(remember(aNodeMemory({ tried }), aNodeSubject(), noon + 1)).not.toHaveProperty("tried");
  });
});
