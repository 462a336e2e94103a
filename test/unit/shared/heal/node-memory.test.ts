import { describe, expect, it } from "vitest";
import type { NodeMemory } from "../../../../shared/case/case.ts";
import { ailments, withMemory } from "../../../../shared/heal/node-memory.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { anOpenCase } from "../../../build/case.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aLease } from "../../../build/lease.ts";
import { aNodeWithReady } from "../../../build/node.ts";
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
