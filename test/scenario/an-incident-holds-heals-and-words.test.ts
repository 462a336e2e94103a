import { describe, expect, it } from "vitest";
import { dependencyWatch } from "../../functions/dependency-watch/healer.ts";
import { pendingRescheduler } from "../../functions/pending-rescheduler/healer.ts";
import { parsePolicy as parsePendingPolicy } from "../../functions/pending-rescheduler/policy.ts";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { Incident } from "../../shared/incident/incident.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { anEvent } from "../build/event.ts";
import { atNoon } from "../build/instant.ts";
import { aRounds } from "../build/message.ts";
import { aNode } from "../build/node.ts";
import { aCondition, aPod } from "../build/pod.ts";
import { aPodWithoutImage, aWaitingPod } from "../build/waiting-pod.ts";
import { evictOrphan, type ScriptedFacts, scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage, type Stage } from "./stage.ts";

const open: Incident = {
  id: "registry:registry.example#1",
  cluster: "*",
  kind: "registry",
  key: "registry.example",
  reason: "RegistryFailing",
  message: "Pods of two clusters cannot pull.",
  openedAt: 0,
};
const pod = aPodWithoutImage();

const escalates = (): Verdict => ({ kind: "escalate", reason: "Stuck", message: "It does not start." });
const escalatesNode = ({ subject }: ScriptedFacts): Verdict => ({
  kind: "escalate",
  about: typeof subject.node === "string" ? subject.pod.ref : subject.node.ref,
  reason: "NodeSuspected",
  message: "Nothing starts there.",
});
const handsOver = ({ subject }: ScriptedFacts): Verdict => ({
  kind: "handOver",
  node: typeof subject.node === "string" ? subject.pod.ref : subject.node.ref,
  reason: "NothingStarts",
  message: "Nothing starts there.",
});

async function looked(decide: (facts: ScriptedFacts) => Verdict, incident?: Incident): Promise<Stage> {
  const stage = await aStage(scriptedHealer(decide, "pending-rescheduler"));
  stage.api.putPod(pod);
  if (incident !== undefined) await stage.deps.incidents.open(incident);
  await stage.sight(pod);
  return stage;
}

const ofCase = async (stage: Stage) => {
  const found = await stage.caseOf(pod.ref.uid);
  return [found?.verdict?.kind, found?.verdict?.reason];
};

describe("what an open incident explains", () => {
  it.each([
    ["escalation", escalates],
    ["escalation of its node", escalatesNode],
    ["hand-over of its node", handsOver],
    ["heal", evictOrphan],
  ])("is told once, as the incident: its own %s waits (X-10)", async (_, decide) => {
    const stage = await looked(decide, open);
    expect(await ofCase(stage)).toEqual(["wait", "IncidentOpen"]);
    expect([stage.api.writes, stage.api.events, await stage.deps.ledger.list()]).toEqual([[], [], []]);
    expect(await stage.caseOf(aNode().ref.uid, "notready-handler")).toBeUndefined();
  });

  it.each([
    ["told", escalates, ["escalate", "Stuck"]],
    ["handed over", handsOver, ["handOver", "NothingStarts"]],
  ] as const)("is %s within two minutes of the incident's end, if it still is so", async (_, decide, verdict) => {
    const stage = await looked(decide, open);
    await stage.deps.incidents.close(open, stage.clock.now(), "Repaired");
    await stage.pass(seconds(65));
    expect(await ofCase(stage)).toEqual(verdict);
  });

  it.each([
    ["there is none", undefined],
    ["it is another registry's", { ...open, key: "ghcr.io" }],
    ["it was only observed", { ...open, mode: "observe" as const }],
  ])("and not when %s", async (_, incident) => {
    expect(await ofCase(await looked(escalates, incident))).toEqual(["escalate", "Stuck"]);
  });

  it("when the incidents cannot be read, nothing is said: the message comes again", async () => {
    const stage = await aStage(scriptedHealer(escalates, "pending-rescheduler"));
    stage.api.putPod(pod);
    stage.deps.incidents.openFor = () => Promise.reject(new Error("no answer"));
    await expect(stage.sight(pod)).rejects.toThrow("no answer");
    expect(stage.api.events).toEqual([]);
  });
});

it("dependency-watch and another healer over one table: a registry fails, nobody is told of each pod, and it goes on by itself afterwards (S0-06, S0-32, X-12)", async () => {
  const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };
  const watch = await aStage(dependencyWatch(policy));
  const other = await aStage(scriptedHealer(escalates, "pending-rescheduler"), {
    by: { incidents: watch.deps.incidents },
  });
  const pods = ["n1", "n2", "n3"].map((nodeName) => aPodWithoutImage({ name: `web-${nodeName}`, nodeName }));
  for (const each of pods) {
    watch.api.putNode(aNode({ name: each.nodeName ?? "" }));
    watch.api.putPod(each);
    other.api.putPod(each);
    await watch.sight(each, "suspect", { signal: "PodWaiting" });
  }
  for (const each of pods) await other.sight(each);
  expect(other.api.events).toEqual([]);
  for (const { ref, nodeName = "" } of pods) watch.api.putPod(aPod({ name: ref.name, uid: ref.uid, nodeName }));
  for (let minute = 0; minute < 13; minute++) {
    await watch.pass(minutes(1));
    await watch.receive(JSON.stringify(aRounds({ healer: "dependency-watch" })));
    await other.pass(minutes(1));
  }
  expect((await watch.deps.incidents.list()).map(({ closedBecause }) => closedBecause)).toEqual(["Repaired"]);
  await other.pass(seconds(70));
  expect(other.api.events.map(({ regarding, reason }) => [regarding.name, reason]).sort()).toEqual([
    ["web-n1", "Stuck"],
    ["web-n2", "Stuck"],
    ["web-n3", "Stuck"],
  ]);
});

it.each([
  ["of one node is that node's: it is handed over (S0-29)", ["n1"], ["handOver", "SandboxImage"]],
  ["of three nodes is the image's: none of them is", ["n1", "n2", "n3"], ["wait", "IncidentOpen"]],
] as const)("a sandbox image that is missing: %s", async (_, nodes, verdict) => {
  const parsed = parsePendingPolicy({}, 1);
  if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
  const policy = { objects: 3, nodes: 2, manyNodes: 3, quietForMs: minutes(10), silentForMs: seconds(60) };
  const watch = await aStage(dependencyWatch(policy));
  const other = await aStage(pendingRescheduler(parsed.policy), { by: { incidents: watch.deps.incidents } });
  const since = atNoon(-minutes(10));
  const message =
    'Failed to create pod sandbox: rpc error: failed to get sandbox image "registry.k8s.io/pause:3.10": image "registry.k8s.io/pause:3.10": not found';
  for (const nodeName of nodes) {
    const conditions = [aCondition({ type: "PodScheduled", lastTransitionTime: since })];
    const times = { creationTimestamp: since, startTime: since, conditions };
    const held = aWaitingPod({ reason: "ContainerCreating" }, { name: `web-${nodeName}`, nodeName, ...times });
    for (const { api } of [watch, other]) {
      api.putNode(aNode({ name: nodeName }));
      api.putPod(held);
      api.putEvent(anEvent({ regarding: held.ref, reason: "FailedCreatePodSandBox", message, count: 20 }));
    }
    await watch.sight(held, "suspect", { signal: "PodStarting" });
  }
  const [first] = nodes;
  const held = await other.api.pod("shop", `web-${first}`);
  if (held.kind === "notFound") throw new Error("the pod is there");
  await other.sight(held.object, "suspect", { signal: "PodStarting" });
  const decided = (await other.caseOf(held.object.ref.uid))?.verdict;
  expect([decided?.kind, decided?.reason]).toEqual(verdict);
});
