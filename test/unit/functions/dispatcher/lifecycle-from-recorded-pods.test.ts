import { expect, it } from "vitest";
import { lifecycleFromDelta } from "../../../../functions/dispatcher/lifecycle-from-delta.ts";
import { podFromRaw } from "../../../../shared/kubernetes/pod.ts";
import { type Raw, rawList, rawObject, rawText } from "../../../../shared/kubernetes/raw.ts";
import type { Lifecycle } from "../../../../shared/lifecycle/lifecycle.ts";
import { aDelta } from "../../../build/message.ts";
import { readFixtures } from "../../../real/fixtures/fixture-files.ts";

// What a real kubelet wrote. Instants of a sample are other ones after each recording: they are compared with the sample's own.
const samples = await readFixtures("v1.36.3");

function sampleOf(path: string): Raw {
  const fixture = samples.get(path);
  if (fixture === undefined) throw new Error(`no sample ${path}`);
  return rawObject(fixture.sample);
}

/** The life that a pod of this status has. A sample has no containers in its spec: their names are those of the status. */
function lifeOf(raw: Raw): Partial<Lifecycle> {
  const status = rawObject(raw["status"]);
  const named = (key: string) => rawList(status[key]).map(({ name }) => ({ name }));
  const containers = { containers: named("containerStatuses"), initContainers: named("initContainerStatuses") };
  const pod = podFromRaw({ ...raw, spec: { ...rawObject(raw["spec"]), ...containers } });
  return lifecycleFromDelta("eu-1", aDelta({ object: pod.ref, state: pod })) ?? {};
}

/** The value at a path of members and indices. */
function at(raw: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], raw);
}
const instant = (raw: unknown, ...path: readonly (string | number)[]) => Date.parse(String(at(raw, ...path)));

it("takes every step from a pod that runs and is being deleted", () => {
  const pod = sampleOf("podStatus/stop-hangs.Terminating.json");
  const since = (type: string) => {
    const found = rawList(at(pod, "status", "conditions")).find((each) => rawText(each["type"]) === type);
    return instant(found, "lastTransitionTime");
  };
  expect(lifeOf(pod)).toEqual({
    cluster: "eu-1",
    pod: { kind: "Pod", namespace: "stop-hangs", name: "web", uid: at(pod, "metadata", "uid") },
    nodeName: "worker",
    createdAt: instant(pod, "metadata", "creationTimestamp"),
    scheduledAt: since("PodScheduled"),
    startedAt: instant(pod, "status", "startTime"),
    sandboxAt: since("PodReadyToStartContainers"),
    firstStartedAt: instant(pod, "status", "containerStatuses", 0, "state", "running", "startedAt"),
    readyAt: since("Ready"),
    deletionRequestedAt: instant(pod, "metadata", "deletionTimestamp") - 1_000,
    deletionAt: instant(pod, "metadata", "deletionTimestamp"),
    restarts: 0,
  });
});

const withContainer = (status: Raw): Raw => ({ status: { phase: "Running", containerStatuses: [status] } });

it.each([
  ["a crash loop, between two runs", "containerStatus/crash-loop.CrashLoopBackOff.json", 3, "Error"],
  [
    "a container that ran out of memory and runs again",
    "containerStatus/out-of-memory.OOMKilled.json",
    137,
    "OOMKilled",
  ],
])("lists the ended run of %s", (_, path, exitCode, reason) => {
  const status = sampleOf(path);
  const life = lifeOf(withContainer(status));
  expect(life.exits).toEqual([
    { container: "main", at: instant(status, "lastState", "terminated", "finishedAt"), exitCode, reason },
  ]);
  expect(life.firstStartedAt).toBe(instant(status, "lastState", "terminated", "startedAt"));
});

it("lists the runs of an init container that fails", () => {
  const pod = sampleOf("podStatus/init-fails.Initialized-False.json");
  const life = lifeOf(pod);
  const ended = (state: string) =>
    instant(pod, "status", "initContainerStatuses", 0, state, "terminated", "finishedAt");
  expect(life.exits?.map(({ at: when }) => when)).toEqual([ended("lastState"), ended("state")]);
  expect(life.exits?.every(({ container, exitCode }) => container === "wait-for-db" && exitCode === 1)).toBe(true);
  expect(life).not.toHaveProperty("firstStartedAt");
  expect(life).not.toHaveProperty("readyAt");
});

it("counts a run that the kubelet lost sight of, and lists it nowhere: nobody knows when it ended", () => {
  const running = lifeOf(withContainer(sampleOf("containerStatus/container-lost.ContainerStatusUnknown.json")));
  expect(running).toMatchObject({ restarts: 1 });
  expect(running).not.toHaveProperty("exits");
  const failed = lifeOf(sampleOf("podStatus/container-lost.Failed.json"));
  expect(failed).toMatchObject({ end: { phase: "Failed" }, restarts: 1 });
  expect(failed).not.toHaveProperty("exits");
});

it("tells how a pod ended that ran out of its time", () => {
  const pod = sampleOf("podStatus/deadline.DeadlineExceeded.json");
  const ended = instant(pod, "status", "containerStatuses", 0, "state", "terminated", "finishedAt");
  expect(lifeOf(pod)).toMatchObject({
    end: { phase: "Failed", reason: "DeadlineExceeded" },
    exits: [{ container: "main", at: ended, exitCode: 0, reason: "Completed" }],
  });
});

it("knows of a pod that is bound and silent when it was scheduled, and no more", () => {
  const life = lifeOf(sampleOf("podStatus/bound-and-silent.Pending.json"));
  expect(Object.keys(life).sort()).toEqual(["cluster", "createdAt", "nodeName", "pod", "scheduledAt"]);
});
