import { describe, expect, it } from "vitest";
import { rulesOf } from "../../../../functions/dependency-watch/thresholds.ts";
import type { Incident, IncidentCause, Member } from "../../../../shared/incident/incident.ts";
import { closing, failingNow, opening } from "../../../../shared/incident/rules.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aMember } from "../../../build/member.ts";

const rules = rulesOf({
  objects: 3,
  nodes: 2,
  manyNodes: 3,
  quietForMs: minutes(10),
  silentForMs: seconds(60),
});

const registry: IncidentCause = { kind: "registry", key: "registry.example" };
/** "n1 n2 n2": a pod on each, called by its position. */
const on = (nodes: string, more: (index: number) => Partial<Member> = () => ({})): readonly Member[] =>
  nodes.split(" ").map((place, index) => aMember(`web-${index}`, { place, ...more(index) }));
const opens = (members: readonly Member[], cause = registry, cluster = "eu-1", readyNodes = 5) =>
  opening(cause, { cluster, readyNodes }, members, rules, noon)?.cluster;

describe("what opens an incident", () => {
  it.each([
    ["two pods of one image", on("n1 n2"), undefined],
    ["three pods on one node", on("n1 n1 n1"), undefined],
    ["three pods on two nodes", on("n1 n1 n2"), "eu-1"],
    ["two images on two nodes (S0-32)", on("n1 n2", (index) => ({ part: `image-${index}` })), "eu-1"],
    ["two images on one node", on("n1 n1", (index) => ({ part: `image-${index}` })), undefined],
    [
      "one pod each in two clusters, and one more",
      on("n1 n1 n1", (index) => ({ cluster: index === 0 ? "eu-1" : "eu-2" })),
      "*",
    ],
    ["one that was seen just in time", on("n1 n1 n2", () => ({ at: atNoon(-minutes(10)) })), "eu-1"],
    [
      "one that was seen too long ago",
      on("n1 n1 n2", (index) => ({ at: atNoon(-minutes(10) - (index === 2 ? 1 : 0)) })),
      undefined,
    ],
    [
      "one that ended",
      on("n1 n1 n2", (index) => (index === 2 ? { ended: { how: "changed", at: noon } } : {})),
      undefined,
    ],
  ])("of a registry: %s", (_, members, expected) => {
    expect(opens(members)).toBe(expected);
  });

  it("says what fails, where, and by which words", () => {
    expect(opening(registry, { cluster: "eu-1", readyNodes: 5 }, on("n1 n1 n2 n3"), rules, noon)).toMatchObject({
      reason: "RegistryFailing",
      message:
        "4 objects on 3 nodes of 1 cluster fail by registry registry.example (RegistryFailing): eu-1 shop/web-0 on n1, eu-1 shop/web-1 on n1, eu-1 shop/web-2 on n2, …",
    });
  });

  it.each<[string, IncidentCause, readonly Member[], string | undefined]>([
    ["an image that two nodes have damaged (S0-33)", { kind: "image", key: "a" }, on("n1 n2"), "eu-1"],
    ["a sandbox image that two nodes miss (S0-29)", { kind: "sandboxImage", key: "pause" }, on("n1 n2"), undefined],
    ["a sandbox image that three nodes miss (S0-29)", { kind: "sandboxImage", key: "pause" }, on("n1 n2 n3"), "eu-1"],
    ["one claim of a class", { kind: "storageClass", key: "fast" }, on("n1 n2 n3"), undefined],
    [
      "two claims of a class (S0-17)",
      { kind: "storageClass", key: "fast" },
      on("n1 n2 n2", (i) => ({ part: `${i}` })),
      "eu-1",
    ],
    ["a driver by one class, on two nodes", { kind: "csiDriver", key: "ebs" }, on("n1 n2 n2"), undefined],
    [
      "a driver by two classes, on two nodes",
      { kind: "csiDriver", key: "ebs" },
      on("n1 n2 n2", (i) => ({ part: `${i}` })),
      "eu-1",
    ],
    ["a driver on three nodes", { kind: "csiDriver", key: "ebs" }, on("n1 n2 n3"), "eu-1"],
    ["silent pods on two nodes", { kind: "controlPlane", key: "" }, on("n1 n2 n2"), undefined],
    ["silent pods on three nodes (S0-15)", { kind: "controlPlane", key: "" }, on("n1 n2 n3"), "eu-1"],
    ["three nodes that say the same (S2-09)", { kind: "nodes", key: "PlegStalled" }, on("n1 n2 n3"), "eu-1"],
    ["two causes in a zone", { kind: "zone", key: "a" }, on("n1 n2 n3", (i) => ({ part: `${i % 2}` })), undefined],
    ["three causes in a zone", { kind: "zone", key: "a" }, on("n1 n2 n3", (i) => ({ part: `${i}` })), "eu-1"],
  ])("%s: %3$s", (_, cause, members, expected) => {
    expect(opens(members, cause)).toBe(expected);
  });

  it("counts a class, a zone, a control plane and nodes in each cluster alone", () => {
    const spread = on("n1 n2 n3", (index) => ({ part: `${index}`, cluster: `eu-${index}` }));
    for (const kind of ["storageClass", "zone", "controlPlane", "nodes"] as const) {
      expect(opens(spread, { kind, key: "x" })).toBeUndefined();
    }
    expect(opens(spread, { kind: "csiDriver", key: "x" })).toBe("*");
  });

  it.each([
    [15, "eu-1"],
    [16, undefined],
    [1_000, undefined],
  ])(
    "needs a fifth of the Ready nodes for a control plane, which holds the whole cluster: 3 of %i (S0-15)",
    (ready, expected) => {
      expect(opens(on("n1 n2 n3"), { kind: "controlPlane", key: "" }, "eu-1", ready)).toBe(expected);
      expect(opens(on("n1 n2 n3"), { kind: "nodes", key: "PlegStalled" }, "eu-1", ready)).toBe("eu-1");
    },
  );

  it("takes nodes of one name in two clusters for two", () => {
    expect(opens(on("n1 n1 n1", (index) => ({ cluster: index === 0 ? "eu-1" : "eu-2" })))).toBe("*");
  });
});

describe("what closes an incident", () => {
  const incident: Incident = {
    ...registry,
    id: "registry:registry.example#1",
    cluster: "eu-1",
    reason: "RegistryFailing",
    message: "",
    openedAt: atNoon(-minutes(60)),
  };
  const ended = (how: "well" | "gone" | "changed", agoMs: number) => ({ ended: { how, at: atNoon(-agoMs) } });
  const closes = (members: readonly Member[], of = incident) => closing(of, members, rules, noon);

  it("nothing, while it is seen on two nodes", () => {
    expect(closes(on("n1 n2"))).toBeUndefined();
    expect(failingNow(incident, on("n1 n2 n2"), noon)).toBe(3);
  });

  it.each([
    [minutes(10) - 1, undefined],
    [minutes(10), "Repaired"],
  ])("%i ms after the last of them got well: %s", (agoMs, expected) => {
    const members = [...on("n1", () => ended("well", minutes(20))), ...on("n2 n3", () => ended("well", agoMs))];
    expect(closes(members)).toBe(expected);
  });

  it.each([
    [minutes(30) - 1, undefined],
    [minutes(30), "Quiet"],
  ])("%i ms after the last was gone, when nobody got well: %s", (agoMs, expected) => {
    expect(closes(on("n1 n2 n3", () => ended("gone", agoMs)))).toBe(expected);
  });

  it("and what got well before it opened proves nothing", () => {
    expect(closes(on("n1 n2", () => ended("well", minutes(61))))).toBe("Quiet");
    expect(
      closes(
        on("n1 n2", () => ended("well", minutes(61))),
        { ...incident, openedAt: atNoon(-minutes(29)) },
      ),
    ).toBeUndefined();
  });

  it("one that still fails on one node alone does not keep it open", () => {
    expect(closes([...on("n1"), ...on("n2 n3", () => ended("well", minutes(10)))])).toBe("Repaired");
  });

  it("what nobody could look at for half an hour has been lost sight of; before that it counts", () => {
    const lastSeen = (agoMs: number) => on("n1 n2", () => ({ at: atNoon(-agoMs) }));
    expect(closes(lastSeen(minutes(30) - 1))).toBeUndefined();
    expect(closes(lastSeen(minutes(30)))).toBe("Quiet");
    expect(failingNow(incident, lastSeen(minutes(30)), noon)).toBe(0);
  });

  it("a cluster's own is not kept open by another's", () => {
    const storage: Incident = { ...incident, kind: "storageClass", key: "fast" };
    const elsewhere = on("n1 n2", () => ({ cluster: "eu-2" }));
    expect(closes(elsewhere, storage)).toBe("Quiet");
    expect(closes(elsewhere, incident)).toBeUndefined();
  });
});
