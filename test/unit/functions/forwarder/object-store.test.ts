import { expect, it } from "vitest";
import { type Known, objectStore } from "../../../../functions/forwarder/object-store.ts";
import { isOlderVersion } from "../../../../functions/forwarder/resource-version.ts";

const known = (name: string, uid: string, resourceVersion: string): Known => ({
  ref: { kind: "Pod", namespace: "shop", name, uid },
  resourceVersion,
});

it("compares versions as numbers of any length, and opaque ones not at all", () => {
  const pairs: readonly [string, string, boolean][] = [
    ["9", "10", true],
    ["10", "9", false],
    ["10", "10", false],
    ["9007199254740993", "9007199254740994", true],
    ["", "10", false],
    ["abc", "10", false],
  ];
  expect(pairs.map(([a, b]) => isOlderVersion(a, b))).toEqual(pairs.map(([, , older]) => older));
});

it("calls the same version and older ones old, per uid", () => {
  const store = objectStore();
  store.put(known("web", "u1", "10"));
  const { ref } = known("web", "u1", "10");
  expect(["9", "10", "11"].map((version) => store.isOld(ref, version))).toEqual([true, true, false]);
  expect(store.isOld(known("web", "u2", "9").ref, "9")).toBe(false);
});

it("refuses an object without a uid", () => {
  expect(() => objectStore().isOld(known("web", "", "1").ref, "1")).toThrow("an object without a uid: shop/web");
});

it("tells who bore a name before, and forgets it", () => {
  const store = objectStore();
  store.put(known("web", "u1", "10"));
  const next = known("web", "u2", "11");
  expect(store.replacedBy(next.ref)).toEqual(known("web", "u1", "10"));
  store.put(next);
  expect(store.replacedBy(next.ref)).toBeUndefined();
  expect([store.get("u1"), store.named("shop", "web"), store.size()]).toEqual([undefined, next, 1]);
});

it("does not lose a name to the late end of its former bearer", () => {
  const store = objectStore();
  store.put(known("web", "u1", "10"));
  store.put(known("web", "u2", "11"));
  expect(store.remove("u1")).toBeUndefined();
  expect(store.named("shop", "web")?.ref.uid).toBe("u2");
});

it("does not remove on the word of an older version", () => {
  const store = objectStore();
  store.put(known("web", "u1", "10"));
  expect(store.remove("u1", "9")).toBeUndefined();
  expect(store.remove("u1", "11")).toEqual(known("web", "u1", "10"));
});

it("takes any version once versions began anew, and compares again after that", () => {
  const store = objectStore();
  store.put(known("web", "u1", "1000"));
  store.forgetVersions();
  expect(store.isOld(known("web", "u1", "").ref, "5")).toBe(false);
  store.put(known("web", "u1", "5"));
  expect(store.isOld(known("web", "u1", "").ref, "4")).toBe(true);
});

it("names those that a list does not", () => {
  const store = objectStore();
  store.put(known("a", "u1", "1"));
  store.put(known("b", "u2", "2"));
  expect(store.missingFrom(new Set(["u2"]))).toEqual([known("a", "u1", "1")]);
});
