import { describe, expect, it } from "vitest";
import { dependencyWatch } from "../../functions/dependency-watch/healer.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { PodFacts } from "../../shared/kubernetes/pod.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { anEvent } from "../build/event.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aRounds } from "../build/message.ts";
import { aNode } from "../build/node.ts";
import { aCondition, aPod } from "../build/pod.ts";
import { aVolumeClaim } from "../build/volume-claim.ts";
import { aPodWithoutImage, aSilentPod, aWaitingPod } from "../build/waiting-pod.ts";
import { memoryIncidentStore } from "../fakes/memory-incident-store.ts";
import { aStage, type Stage } from "./stage.ts";

const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };

/** dependency-watch over eu-1 and eu-2, nodes n1 to n3 in both, each in a zone of its own. */
async function aWatch(through?: (deps: PipelineDeps) => PipelineDeps): Promise<Stage> {
  const stage = await aStage(dependencyWatch(policy), {
    others: ["eu-2"],
    ...(through === undefined ? {} : { through }),
  });
  for (const api of [stage.api, ...stage.others.values()]) {
    for (const name of ["n1", "n2", "n3"]) {
      api.putNode(aNode({ name, labels: { "topology.kubernetes.io/zone": `zone-of-${name}` } }));
    }
  }
  return stage;
}

const apiOf = (stage: Stage, cluster: string) => stage.others.get(cluster) ?? stage.api;

async function sighted(stage: Stage, pod: PodFacts, cluster = "eu-1"): Promise<void> {
  apiOf(stage, cluster).putPod(pod);
  await stage.sight(pod, "suspect", { in: cluster, signal: "PodWaiting" });
}

/** "web-1 on n1, …": pods of one image that cannot be pulled. */
const failingOn = (...nodes: readonly string[]) =>
  nodes.map((nodeName, index) => aPodWithoutImage({ name: `web-${index + 1}`, nodeName }));

async function outage(stage: Stage, cluster = "eu-1"): Promise<readonly PodFacts[]> {
  const pods = failingOn("n1", "n2", "n3");
  for (const each of pods) await sighted(stage, each, cluster);
  return pods;
}

const review = (stage: Stage) => stage.receive(JSON.stringify(aRounds({ healer: "dependency-watch" })));

/** As the schedule and the wake-ups would: a review each minute. */
async function pass(stage: Stage, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= minutes(1)) {
    await stage.pass(Math.min(left, minutes(1)));
    await review(stage);
  }
}

function mend(stage: Stage, pods: readonly PodFacts[], cluster = "eu-1"): void {
  for (const { ref, nodeName } of pods) {
    apiOf(stage, cluster).putPod(
      aPod({ name: ref.name, uid: ref.uid, ...(nodeName === undefined ? {} : { nodeName }) }),
    );
  }
}

const incidentsOf = async (stage: Stage) =>
  (await stage.deps.incidents.list())
    .map(({ id, cluster, closedBecause = "open" }) => `${cluster} ${id} ${closedBecause}`)
    .sort();
const noticesOf = async (stage: Stage) =>
  (await stage.deps.ledger.list()).map(({ reason, object, outcome }) => `${reason} ${object.name} ${outcome?.kind}`);

describe("a registry that fails (S0-32)", () => {
  it("is one incident once three pods on two nodes show it, told once, and touches nothing (X-10)", async () => {
    const stage = await aWatch();
    const [first, second, third] = failingOn("n1", "n2", "n1");
    if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");
    await sighted(stage, first);
    await sighted(stage, second);
    expect(await incidentsOf(stage)).toEqual([]);
    await sighted(stage, third);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    await sighted(stage, aPodWithoutImage({ name: "web-4", nodeName: "n3" }));
    await pass(stage, minutes(30));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    expect(await noticesOf(stage)).toEqual(["IncidentOpened registry:registry.example#1 Done"]);
    expect(stage.counted.filter((each) => each.startsWith("IncidentOpened"))).toHaveLength(1);
    expect((await stage.deps.incidents.list())[0]).toMatchObject({ reason: "RegistryFailing", members: 4 });
    expect([stage.api.writes, stage.api.marks, stage.api.events]).toEqual([[], [], []]);
  });

  it.each(["before", "after"] as const)(
    "is told once by the next review, where the answer of the ledger was lost %s it took effect (S2-11)",
    async (when) => {
      let settled = 0;
      const stage = await aWatch((deps) => ({
        ...deps,
        ledger: {
          ...deps.ledger,
          async settle(...args) {
            settled += 1;
            if (settled > 1) return deps.ledger.settle(...args);
            if (when === "after") await deps.ledger.settle(...args);
            throw new Error("no answer");
          },
        },
      }));
      const [first, second, third] = failingOn("n1", "n2", "n1");
      if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");
      await sighted(stage, first);
      await sighted(stage, second);
      await expect(sighted(stage, third)).rejects.toThrow("no answer");
      await pass(stage, minutes(3));
      expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
      expect(await noticesOf(stage)).toEqual(["IncidentOpened registry:registry.example#1 Done"]);
    },
  );

  it("closes ten minutes after what failed runs again, told once, and not before (S0-32)", async () => {
    const stage = await aWatch();
    const pods = await outage(stage);
    await pass(stage, minutes(5));
    mend(stage, pods);
    await pass(stage, minutes(10));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    await pass(stage, minutes(2));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 Repaired"]);
    await pass(stage, minutes(5));
    expect((await noticesOf(stage)).toSorted()).toEqual([
      "IncidentClosed registry:registry.example#1 Done",
      "IncidentOpened registry:registry.example#1 Done",
    ]);
    expect((await stage.caseOf(pods[0]?.ref.uid ?? ""))?.state).toBe("closed");
  });

  it("does not close while it comes and goes, and is another incident when it comes back later", async () => {
    const stage = await aWatch();
    const pods = await outage(stage);
    for (let times = 0; times < 3; times++) {
      mend(stage, pods);
      await pass(stage, minutes(8));
      await outage(stage);
    }
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    mend(stage, pods);
    await pass(stage, minutes(12));
    await outage(stage);
    expect(await incidentsOf(stage)).toEqual([
      "eu-1 registry:registry.example#1 Repaired",
      "eu-1 registry:registry.example#2 open",
    ]);
  });

  it("without proof of repair closes only after three times as long: all its pods were deleted", async () => {
    const stage = await aWatch();
    for (const each of await outage(stage)) {
      stage.api.removePod(each);
      await stage.sight(each, "gone");
    }
    await pass(stage, minutes(29));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    await pass(stage, minutes(2));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 Quiet"]);
  });

  it("of a cluster that cannot be seen any more is not taken for repaired", async () => {
    const stage = await aWatch();
    await outage(stage);
    stage.api.breakDown();
    await pass(stage, minutes(29));
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
  });

  it("in two clusters is one incident of all of them, though neither has enough alone", async () => {
    const stage = await aWatch();
    const [one, two, three] = failingOn("n1", "n2", "n3");
    if (one === undefined || two === undefined || three === undefined) throw new Error("there are three");
    await sighted(stage, one, "eu-1");
    await sighted(stage, two, "eu-1");
    await sighted(stage, three, "eu-2");
    expect(await incidentsOf(stage)).toEqual(["* registry:registry.example#1 open"]);
    await sighted(stage, aPodWithoutImage({ name: "web-9", nodeName: "n1" }), "eu-2");
    expect(await noticesOf(stage)).toEqual(["IncidentOpened registry:registry.example#1 Done"]);
  });

  it("that reaches another cluster later becomes one incident of all, and the narrow one ends with it", async () => {
    const stage = await aWatch();
    const here = await outage(stage, "eu-1");
    const there = await outage(stage, "eu-2");
    expect(await incidentsOf(stage)).toEqual([
      "* registry:registry.example#1 open",
      "eu-1 registry:registry.example#1 Replaced",
    ]);
    mend(stage, here, "eu-1");
    await pass(stage, minutes(15));
    expect(await incidentsOf(stage)).toContain("* registry:registry.example#1 open");
    mend(stage, there, "eu-2");
    await pass(stage, minutes(12));
    expect(await incidentsOf(stage)).toContain("* registry:registry.example#1 Repaired");
  });

  it("once known, is not counted anew at each look", async () => {
    const incidents = memoryIncidentStore();
    const stage = await aWatch((deps) => ({ ...deps, incidents }));
    await outage(stage);
    const before = incidents.calls("membersOf");
    for (const each of failingOn("n1", "n2", "n3", "n1").slice(3)) await sighted(stage, each);
    expect(incidents.calls("saveMember")).toBe(8);
    expect(incidents.calls("membersOf")).toBe(before);
  });

  it("found by one function while another is still counting is one incident, told once", async () => {
    let isLate = false;
    const stage = await aWatch((deps) => ({
      ...deps,
      incidents: {
        ...deps.incidents,
        // Between its count and its number somebody else has opened it.
        async ofCause(cluster, cause) {
          if (!isLate && cause.kind === "registry") {
            isLate = true;
            const message = "others were faster";
            const reason = "RegistryFailing";
            await deps.incidents.open({
              id: `registry:${cause.key}#1`,
              cluster,
              ...cause,
              reason,
              message,
              openedAt: 0,
            });
          }
          return deps.incidents.ofCause(cluster, cause);
        },
      },
    }));
    await outage(stage);
    expect(isLate).toBe(true);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    expect(await noticesOf(stage)).toEqual([]);
  });

  it("seen by two functions at the same moment is one incident, told once", async () => {
    let waiting = 0;
    const gate = Promise.withResolvers<void>();
    const stage = await aWatch((deps) => ({
      ...deps,
      incidents: {
        ...deps.incidents,
        // Both have left what they saw before either counts.
        async membersOf(cause) {
          const members = await deps.incidents.membersOf(cause);
          if (cause.kind !== "registry" || members.length < 4) return members;
          waiting++;
          if (waiting === 2) gate.resolve();
          await gate.promise;
          return members;
        },
        async saveMember(member) {
          await deps.incidents.saveMember(member);
          if (member.kind === "registry") saved++;
          if (saved === 4) both.resolve();
          if (saved > 2) await both.promise;
        },
      },
    }));
    let saved = 0;
    const both = Promise.withResolvers<void>();
    const [a, b, c, d] = failingOn("n1", "n1", "n2", "n3");
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("there are four");
    await sighted(stage, a);
    await sighted(stage, b);
    await Promise.all([sighted(stage, c), sighted(stage, d)]);
    expect(waiting).toBeGreaterThan(1);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    expect(await noticesOf(stage)).toEqual(["IncidentOpened registry:registry.example#1 Done"]);
    expect(stage.counted.filter((each) => each.startsWith("IncidentOpened"))).toHaveLength(1);
  });
});

describe("what is no incident", () => {
  it("an image that does not exist, on however many nodes (S0-31)", async () => {
    const stage = await aWatch();
    const message = 'failed to resolve reference "registry.example/web:9": registry.example/web:9: not found';
    for (const [index, nodeName] of ["n1", "n2", "n3", "n1", "n2"].entries()) {
      const pod = aWaitingPod({ reason: "ErrImagePull", message }, { name: `web-${index}`, nodeName });
      await sighted(stage, pod);
      expect((await stage.caseOf(pod.ref.uid))?.verdict).toMatchObject({ kind: "leave", reason: "ApplicationCause" });
    }
    expect(await incidentsOf(stage)).toEqual([]);
  });

  it("a registry that one node alone does not reach", async () => {
    const stage = await aWatch();
    for (const each of failingOn("n1", "n1", "n1", "n1")) await sighted(stage, each);
    expect(await incidentsOf(stage)).toEqual([]);
  });

  it("what failed at different times", async () => {
    const stage = await aWatch();
    const pods = failingOn("n1", "n2", "n3");
    for (const each of pods) {
      await sighted(stage, each);
      stage.api.removePod(each);
      await stage.sight(each, "gone");
      await stage.pass(minutes(1));
    }
    expect(await incidentsOf(stage)).toEqual([]);
  });
});

describe("other causes that many stand on", () => {
  const noSandbox = (pod: PodFacts): EventFacts =>
    anEvent({
      regarding: pod.ref,
      reason: "FailedCreatePodSandBox",
      message:
        'Failed to create pod sandbox: rpc error: failed to get sandbox image "registry.k8s.io/pause:3.10": not found',
    });

  it("the image of sandboxes, missing on three nodes (S0-29), and not on two", async () => {
    const stage = await aWatch();
    for (const [index, nodeName] of ["n1", "n2", "n2", "n3"].entries()) {
      expect(await incidentsOf(stage)).toEqual([]);
      const pod = aWaitingPod({ reason: "ContainerCreating" }, { name: `web-${index}`, nodeName });
      stage.api.putEvent(noSandbox(pod));
      await sighted(stage, pod);
    }
    expect(await incidentsOf(stage)).toEqual(["eu-1 sandboxImage:registry.k8s.io/pause:3.10#1 open"]);
  });

  it("an image whose copy is damaged on a second node (S0-33)", async () => {
    const stage = await aWatch();
    const message = "failed to get image: content digest sha256:1f: not found";
    for (const nodeName of ["n1", "n2"]) {
      expect(await incidentsOf(stage)).toEqual([]);
      await sighted(
        stage,
        aWaitingPod({ reason: "ImageInspectError", message }, { name: `web-${nodeName}`, nodeName }),
      );
    }
    expect(await incidentsOf(stage)).toEqual(["eu-1 image:registry.example/web:1.4.2#1 open"]);
  });

  it("a storage class of which mounts hang (S0-17, S0-06): each cluster's own", async () => {
    const stage = await aWatch();
    const hangs = async (name: string, nodeName: string, cluster = "eu-1") => {
      const pod = aWaitingPod({ reason: "ContainerCreating" }, { name, nodeName, volumeClaims: [`data-${name}`] });
      apiOf(stage, cluster).putVolumeClaim(aVolumeClaim({ name: `data-${name}`, driver: undefined }));
      const message = `MountVolume.MountDevice failed for volume "pvc-of-data-${name}" : rpc error: code = DeadlineExceeded desc = context deadline exceeded`;
      apiOf(stage, cluster).putEvent(anEvent({ regarding: pod.ref, message }));
      await sighted(stage, pod, cluster);
    };
    await hangs("db-1", "n1", "eu-2");
    await hangs("db-1", "n1");
    await hangs("db-2", "n2");
    expect(await incidentsOf(stage)).toEqual([]);
    await hangs("db-3", "n2");
    expect(await incidentsOf(stage)).toEqual(["eu-1 storageClass:fast#1 open"]);
  });

  it("a control plane that is slow: bound pods on three Ready nodes without a word (S0-15)", async () => {
    const stage = await aWatch();
    for (const nodeName of ["n1", "n2", "n3"]) {
      await sighted(stage, aSilentPod(minutes(2), { name: `web-${nodeName}`, nodeName }));
    }
    expect((await stage.deps.incidents.openFor("eu-1")).map(({ kind, reason }) => [kind, reason])).toEqual([
      ["controlPlane", "ControlPlaneSlow"],
    ]);
    expect(await stage.deps.incidents.openFor("eu-2")).toEqual([]);
  });

  it("three nodes that say the same of themselves (S2-09)", async () => {
    const stage = await aWatch();
    for (const name of ["n1", "n2", "n3"]) {
      const message = "PLEG is not healthy: pleg was last seen active 4m0s ago; threshold is 3m0s";
      const ready = aCondition({ type: "Ready", status: "False", reason: "KubeletNotReady", message });
      const node = aNode({ name, conditions: [ready] });
      stage.api.putNode(node);
      await stage.sight(node, "suspect", { signal: "NodeNotReady" });
    }
    expect(await incidentsOf(stage)).toEqual(["eu-1 nodes:PlegStalled#1 open"]);
  });
});

describe("a zone", () => {
  const different = (zone: string) =>
    ["a", "b", "c"].map((host, index) =>
      aPodWithoutImage({ name: `web-${host}`, nodeName: `${zone}-${index}`, image: `${host}.example/web:1` }),
    );
  const zoned = async () => {
    const stage = await aWatch();
    for (const zone of ["x", "y"]) {
      for (const index of [0, 1, 2]) {
        const labels = { "topology.kubernetes.io/zone": `zone-${zone}` };
        stage.api.putNode(aNode({ name: `${zone}-${index}`, labels }));
      }
    }
    return stage;
  };

  it("in which three different things fail, each there alone, is the cause", async () => {
    const stage = await zoned();
    for (const each of different("x")) await sighted(stage, each);
    expect(await incidentsOf(stage)).toEqual(["eu-1 zone:zone-x#1 open"]);
  });

  it("is not, where one of them fails elsewhere too", async () => {
    const stage = await zoned();
    await sighted(stage, aPodWithoutImage({ name: "web-y", nodeName: "y-0", image: "b.example/web:1" }));
    for (const each of different("x")) await sighted(stage, each);
    expect(await incidentsOf(stage)).toEqual([]);
  });
});

describe("flags", () => {
  it("in observe mode it is only observed: it holds nobody, and becomes one that holds once it may act", async () => {
    const stage = await aWatch();
    await stage.flagRows.set(aFlagRow({ mode: "observe" }));
    const pods = await outage(stage);
    expect((await stage.deps.incidents.openFor("eu-1")).map(({ id, mode }) => [id, mode])).toEqual([
      ["registry:registry.example#1", "observe"],
    ]);
    expect(await noticesOf(stage)).toEqual(["IncidentOpened registry:registry.example#1 Observed"]);
    await stage.flagRows.set(aFlagRow({ mode: "act" }));
    await stage.clock.advance(seconds(5));
    for (const each of pods) await stage.sight(each, "suspect", { signal: "PodWaiting" });
    expect(await incidentsOf(stage)).toEqual([
      "eu-1 registry:registry.example#1 Replaced",
      "eu-1 registry:registry.example#2 open",
    ]);
  });

  it("switched off, it lets go of whom it held", async () => {
    const stage = await aWatch();
    await outage(stage);
    await stage.flagRows.set(aFlagRow({ healer: "dependency-watch", mode: "off" }));
    await stage.clock.advance(seconds(5));
    await review(stage);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 SwitchedOff"]);
  });

  it("that cannot be read keep open what is", async () => {
    const stage = await aWatch();
    const pods = await outage(stage);
    mend(stage, pods);
    await stage.pass(minutes(3));
    await stage.clock.advance(minutes(30));
    stage.flagRows.breakWith(new Error("no answer"));
    await review(stage);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 open"]);
    stage.flagRows.mend();
    await stage.clock.advance(seconds(5));
    await review(stage);
    expect(await incidentsOf(stage)).toEqual(["eu-1 registry:registry.example#1 Repaired"]);
  });

  it("an incident that people wrote is theirs to close", async () => {
    const stage = await aWatch();
    await stage.deps.incidents.open({
      id: "zone-power",
      cluster: "eu-1",
      kind: "zone",
      key: "zone-a",
      reason: "ZonePower",
      message: "Its provider is at work.",
      openedAt: stage.clock.now(),
    });
    await stage.clock.advance(minutes(300));
    await review(stage);
    expect(await incidentsOf(stage)).toEqual(["eu-1 zone-power open"]);
  });
});
