import { describe, expect, it } from "vitest";
import { fleetOf, type Sibling } from "../../../../functions/notready-handler/fleet.ts";
import { hours, minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { judge, pleg, sayingNotReady, seenNotReady, suspected } from "./situation.ts";

const other = (name: string, since: number, members: Partial<Sibling> = {}): Sibling => ({
  ref: aNode({ name }).ref,
  ready: "False",
  since,
  reason: "NotReadyRuntime",
  ...members,
});
const fleet = (...siblings: readonly Sibling[]) => ({ nodes: 20, siblings });
const node = sayingNotReady(pleg, { since: atNoon(-minutes(10)) });
const n2 = other("n2", atNoon(-minutes(20)));
const n3 = other("n3", atNoon(-minutes(6)));

describe("nodes that fail one after the other (S2-02)", () => {
  it("are told once, about the third of them, and nothing is done to any", () => {
    const verdict = judge({ node, memory: seenNotReady, fleet: fleet(n2, n3) });
    expect(verdict).toMatchObject({ kind: "escalate", reason: "ProgressiveNotReady", about: n3.ref });
    expect(verdict.message).toContain("3 of 20 nodes");
    const marked = { ...node, taints: [suspected(atNoon(-minutes(9)))] };
    const knobs = { rungs: ["restart-kubelet"] };
    expect(judge({ node: marked, memory: seenNotReady, fleet: fleet(n2, n3), knobs })).toMatchObject({
      reason: "ProgressiveNotReady",
    });
    const silent = aNodeWithReady("Unknown", atNoon(-minutes(10)));
    const memory = { state: "silent", since: atNoon(-hours(1)) } as const;
    expect(judge({ node: silent, memory, fleet: fleet(n2, n3) })).toMatchObject({ reason: "ProgressiveNotReady" });
  });

  it("say it of themselves when they are the third", () => {
    const verdict = judge({ node, memory: seenNotReady, fleet: fleet(n2, other("n4", atNoon(-minutes(25)))) });
    expect(verdict).toMatchObject({ reason: "ProgressiveNotReady" });
    expect(verdict).not.toHaveProperty("about");
  });

  it.each<[string, readonly Sibling[]]>([
    ["two are no progress", [n2]],
    ["one of them failed more than half an hour before", [n3, other("n2", atNoon(-minutes(30)) - 1)]],
    ["one came back", [n2, n3, other("n4", atNoon(-minutes(5)), { ready: "True" })]],
    [
      "they failed together",
      [other("n2", node.conditions[0]?.lastTransitionTime ?? 0), other("n3", atNoon(-minutes(10)) + seconds(59))],
    ],
  ])("but %s", (_, siblings) => {
    expect(judge({ node, memory: seenNotReady, fleet: fleet(...siblings) })).toMatchObject({
      kind: "heal",
      reason: "NotReadyPleg",
    });
  });
});

describe("one cause on many nodes (S2-09)", () => {
  const long = atNoon(-hours(3));
  const alike = (name: string, at: number) => other(name, at, { reason: "NotReadyPleg" });
  const marked = { ...node, taints: [suspected(atNoon(-minutes(9)))] };

  it("is told once, about the third of them; each is marked for itself", () => {
    const siblings = fleet(alike("n2", long), alike("n3", long + 1));
    expect(judge({ node, memory: seenNotReady, fleet: siblings })).toMatchObject({
      kind: "heal",
      reason: "NotReadyPleg",
    });
    const third = judge({ node: marked, memory: seenNotReady, fleet: siblings });
    expect(third).toMatchObject({ kind: "escalate", reason: "SharedCause" });
    expect(third).not.toHaveProperty("about");
    const later = fleet(alike("n2", long), alike("n3", long + 1), alike("n4", long + 2));
    expect(judge({ node: marked, memory: seenNotReady, fleet: later })).toMatchObject({
      reason: "SharedCause",
      about: aNode({ name: "n4" }).ref,
    });
  });

  it("is not what nodes share that say different things, or what nobody knows", () => {
    const different = fleet(alike("n2", long), other("n3", long + 1));
    expect(judge({ node: marked, memory: seenNotReady, fleet: different })).toMatchObject({ reason: "NotReadyPleg" });
    const unknown = (name: string) => other(name, long, { reason: "NotReadyOther" });
    const strange = sayingNotReady("something new", { taints: [suspected(long)] });
    expect(judge({ node: strange, memory: seenNotReady, fleet: fleet(unknown("n2"), unknown("n3")) })).toMatchObject({
      reason: "NotReadyOther",
    });
  });
});

describe("what is kept of a list of nodes", () => {
  it("are those that are not Ready, why, and those that came back lately; not the node itself, nor new ones", () => {
    const nodes = [
      aNode(),
      aNode({ name: "well" }),
      aNodeWithReady("False", 5, { name: "down", annotations: { "knitbone.io/task": "reboot#y-1" } }),
      aNodeWithReady("Unknown", 6, { name: "silent" }),
      aNodeWithReady("True", atNoon(-minutes(3)), { name: "back" }),
      aNodeWithReady("True", atNoon(-minutes(3)), { name: "new", creationTimestamp: atNoon(-minutes(4)) }),
    ];
    const { siblings, nodes: count } = fleetOf(nodes, aNode().ref, noon);
    expect(count).toBe(6);
    expect(siblings.map(({ ref, ready, reason, task }) => [ref.name, ready, reason, task])).toEqual([
      ["down", "False", "NotReadyOther", "reboot#y-1"],
      ["silent", "Unknown", "NodeSilent", undefined],
      ["back", "True", undefined, undefined],
    ]);
  });
});
