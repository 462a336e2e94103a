import { describe, expect, it } from "vitest";
import type { Meta } from "../../../../shared/kubernetes/meta.ts";
import { isOptedIn, ownerGaps, stalledDeletions } from "../../../../shared/kubernetes/orphan.ts";
import type { WorkloadKind } from "../../../../shared/kubernetes/workload.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { anOwnerRef, aPod } from "../../../build/pod.ts";
import { aDeployment, aReplicaSet } from "../../../build/workload.ts";

const namesOf = (metas: readonly Meta[]) => metas.map(({ ref }) => ref.name);

describe("objects whose controller is not there", () => {
  const replicaSet = aReplicaSet();
  const ownerRef = anOwnerRef({ name: replicaSet.ref.name, uid: replicaSet.ref.uid });
  const lists = (...kinds: readonly (readonly [WorkloadKind, readonly Meta[]])[]) => new Map(kinds);
  const gapsOf = (pod: Meta, owners = lists(["ReplicaSet", [replicaSet]])) =>
    namesOf(ownerGaps([pod], owners).map(({ object }) => object));

  it.each([
    { what: "its controller is there", pod: aPod({ owner: ownerRef }), expected: [] },
    { what: "another has the name", pod: aPod({ owner: { ...ownerRef, uid: "before" } }), expected: ["web-1"] },
    { what: "nothing owns it", pod: aPod({ owner: undefined }), expected: [] },
    {
      what: "it is being deleted",
      pod: aPod({ owner: { ...ownerRef, uid: "x" }, deletionTimestamp: noon }),
      expected: [],
    },
    {
      what: "its controller is of a kind that is not known",
      pod: aPod({ owner: anOwnerRef({ kind: "CloneSet" }) }),
      expected: [],
    },
    { what: "its controller's kind was not read", pod: aPod({ owner: anOwnerRef({ kind: "Job" }) }), expected: [] },
    {
      what: "a kind of ours under another group",
      pod: aPod({ owner: anOwnerRef({ apiVersion: "batch.example/v1", kind: "ReplicaSet", uid: "x" }) }),
      expected: [],
    },
  ])("$what: $expected", ({ pod, expected }) => {
    expect(gapsOf(pod)).toEqual(expected);
  });

  it("a kind of which there is none counts as read", () => {
    expect(gapsOf(aPod({ owner: ownerRef }), lists(["ReplicaSet", []]))).toEqual(["web-1"]);
  });
});

describe("foreground deletions that nobody carries on", () => {
  const old = atNoon(-minutes(15) - 1);
  const waiting = aDeployment({ finalizers: ["foregroundDeletion"], deletionTimestamp: old });
  const owned = (deletionTimestamp?: number) =>
    aReplicaSet({
      owner: anOwnerRef({ kind: "Deployment", name: "web", uid: waiting.ref.uid }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    });
  const stalled = (...all: readonly Meta[]) => namesOf(stalledDeletions(all, noon));

  it.each([
    { what: "nothing of it is left", all: [waiting], expected: ["web"] },
    { what: "a dependent was never told to go", all: [waiting, owned()], expected: ["web"] },
    { what: "its dependents are on their way: not the collector's fault", all: [waiting, owned(noon)], expected: [] },
    { what: "it is 15 min old to the millisecond", all: [{ ...waiting, deletionTimestamp: old + 1 }], expected: [] },
    { what: "another finalizer holds it", all: [{ ...waiting, finalizers: ["example.com/x"] }], expected: [] },
    { what: "it is not being deleted", all: [aDeployment({ finalizers: ["foregroundDeletion"] })], expected: [] },
  ])("$what: $expected", ({ all, expected }) => {
    expect(stalled(...all)).toEqual(expected);
  });

  it("oldest first", () => {
    const older = aDeployment({ name: "older", finalizers: ["foregroundDeletion"], deletionTimestamp: old - 1 });
    expect(stalled(waiting, older)).toEqual(["older", "web"]);
  });
});

describe("a namespace's wish", () => {
  it.each([
    { labels: { "knitbone.io/orphans": "delete" }, annotations: {}, expected: true },
    { labels: {}, annotations: { "knitbone.io/orphans": "delete" }, expected: true },
    { labels: { "knitbone.io/orphans": "true" }, annotations: {}, expected: false },
    { labels: {}, annotations: {}, expected: false },
  ])("$labels $annotations: $expected", ({ labels, annotations, expected }) => {
    expect(isOptedIn(aNamespace({ labels, annotations }))).toBe(expected);
  });
});
