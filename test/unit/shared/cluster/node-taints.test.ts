import { describe, expect, it } from "vitest";
import { goneByUid, taintPatch, unreadBeforeWrite } from "../../../../shared/cluster/node-taints.ts";
import { KnitboneError } from "../../../../shared/errors.ts";
import { atNoon } from "../../../build/instant.ts";
import { aRef } from "../../../build/object-ref.ts";

const node = aRef({ kind: "Node", namespace: "", name: "n1" });
const taint = { key: "knitbone.io/suspect", value: "", effect: "NoSchedule" };
const theirs = { key: "example.com/a", effect: "NoExecute", timeAdded: "2026-01-02T03:04:05Z", unknownMember: 1 };
const raw = (taints?: readonly object[]) => ({
  metadata: { name: "n1", uid: node.uid, resourceVersion: "7" },
  spec: taints === undefined ? {} : { taints },
});
const add = { node, resourceVersion: "7", taint, change: "add" } as const;
const remove = { ...add, change: "remove" } as const;

describe("the patch of one taint", () => {
  it("holds uid and version, and every other taint as it came", () => {
    expect(taintPatch(raw([theirs]), add, atNoon(999))).toEqual({
      kind: "patch",
      body: {
        metadata: { uid: node.uid, resourceVersion: "7" },
        spec: { taints: [theirs, { key: taint.key, effect: taint.effect, timeAdded: "2026-11-21T12:00:00Z" }] },
      },
    });
    expect(taintPatch(raw([{ ...taint }, theirs]), remove, 0)).toMatchObject({ body: { spec: { taints: [theirs] } } });
    expect(taintPatch(raw(), add, 0)).toMatchObject({ body: { spec: { taints: [{ key: taint.key }] } } });
  });

  it("leaves the same key with another effect or value alone", () => {
    const other = [
      { ...taint, effect: "NoExecute" },
      { ...taint, value: "theirs" },
    ];
    expect(taintPatch(raw(other), remove, 0)).toEqual({ kind: "outcome", outcome: { kind: "Done" } });
    expect(taintPatch(raw([{ ...taint, effect: "NoExecute" }]), add, 0)).toMatchObject({ kind: "patch" });
    expect(taintPatch(raw(other), add, 0)).toMatchObject({ outcome: { kind: "Denied" } });
  });

  it.each([
    ["there is no node", undefined, add, "Gone"],
    ["the name is another's", { metadata: { uid: "x", resourceVersion: "7" } }, add, "Gone"],
    ["it stands, in whatever version", { ...raw([taint]) }, { ...add, resourceVersion: "6" }, "Done"],
    ["it is not there", raw(), remove, "Done"],
    ["the version is another", raw(), { ...add, resourceVersion: "6" }, "Conflict"],
    ["the version is another", raw([taint]), { ...remove, resourceVersion: "6" }, "Conflict"],
  ])("is none when %s", (_, object, change, kind) => {
    expect(taintPatch(object, change, 0)).toMatchObject({ kind: "outcome", outcome: { kind } });
  });
});

it("a read that failed before the write has changed nothing; a mistake of ours is thrown", () => {
  const failed = new KnitboneError("ClusterUnreachable", "reading /api/v1/nodes/n1: no answer");
  expect(unreadBeforeWrite(failed)).toMatchObject({ kind: "Conflict" });
  expect(() => unreadBeforeWrite(new TypeError("x"))).toThrow(TypeError);
});

it("a refusal for the uid means that the node is gone", () => {
  const message = 'Node "n1" is invalid: metadata.uid: Invalid value: "a": field is immutable';
  expect(goneByUid({ kind: "Denied", message })).toEqual({ kind: "Gone" });
  expect(goneByUid({ kind: "Denied", message: "forbidden" })).toMatchObject({ kind: "Denied" });
  expect(goneByUid({ kind: "Done" })).toEqual({ kind: "Done" });
});
