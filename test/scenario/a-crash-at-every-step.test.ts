import { describe, expect, it } from "vitest";
import type { Verdict } from "../../shared/heal/heal.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import { limits } from "../../shared/rail/limits.ts";
import { hours, minutes, seconds } from "../../shared/time/duration.ts";
import { aFlagRow } from "../build/flag-row.ts";
import { aSighting } from "../build/message.ts";
import { aNode } from "../build/node.ts";
import { anOverduePod } from "../build/pod.ts";
import { type ScriptedFacts, scriptedHealer } from "../fakes/scripted-healer.ts";
import { type Fault, faultySteps, steppingProcess } from "../fakes/stepping-process.ts";
import { aStage, type Stage } from "./stage.ts";

const pod = anOverduePod();
const killed = new Error("killed");
const visibilityMs = seconds(180);

type Judge = (facts: ScriptedFacts) => Verdict;

interface Story {
  readonly judge?: Judge;
  readonly mode?: "act" | "observe";
  /** What an earlier look decided: the case stands when the failing one begins. */
  readonly verdictBefore?: Judge;
  /** Whether the forwarder's word that the pod is gone arrives. */
  readonly goneTold?: boolean;
  /** The pod goes by itself while the failed message is hidden. */
  readonly goesMeanwhile?: boolean;
}

/** One message, whose first delivery fails at one step; then the queue brings it again, and the world goes on for a while. */
async function lived(story: Story, fault: Fault | undefined) {
  const process = faultySteps(fault, killed);
  let stepping = false;
  let judge: Judge | undefined = story.verdictBefore ?? story.judge;
  const deciding = scriptedHealer();
  const stage = await aStage(
    { ...deciding, decide: (facts, openCase, at) => judge?.(facts) ?? deciding.decide(facts, openCase, at) },
    {
      through: (deps: PipelineDeps) =>
        steppingProcess(deps, (name, call) => (stepping ? process.step(name, call) : call())),
    },
  );
  if (story.mode === "observe") await stage.flagRows.set(aFlagRow({ mode: "observe" }));
  stage.api.putPod(pod);
  if (story.verdictBefore !== undefined) {
    await stage.sight(pod);
    judge = story.judge;
    await stage.clock.advance(seconds(40));
    await stage.report();
  }

  let deliveries = 0;
  const deliver = async () => {
    for (const message of await stage.queue.receive({ limit: 10, waitMs: 0, visibilityMs })) {
      deliveries++;
      stepping = deliveries === 1;
      const taken = await stage.receive(message.body).then(
        () => true,
        () => false,
      );
      if (deliveries === 1) process.end();
      stepping = false;
      if (taken) await stage.queue.acknowledge([message.receipt]);
    }
  };
  await send(stage, "suspect");
  let goneSent = story.goneTold !== true;
  for (let elapsed = seconds(1); elapsed <= minutes(30); elapsed += seconds(1)) {
    await deliver();
    await stage.clock.advance(seconds(1));
    if (elapsed % seconds(30) === 0) await stage.report();
    if (story.goesMeanwhile === true && elapsed === seconds(90)) stage.api.removePod(pod);
    const exists = (await stage.api.pod(pod.ref.namespace, pod.ref.name)).kind === "found";
    // The forwarder's resync, at its slowest.
    if (exists && elapsed % minutes(10) === 0) await send(stage, "suspect");
    if (!exists && !goneSent) {
      goneSent = true;
      await send(stage, "gone");
    }
  }
  return { stage, names: process.names };
}

function send(stage: Stage, delta: "suspect" | "gone") {
  const signals = delta === "suspect" ? (["PodOverdue"] as const) : [];
  const sighting = aSighting({ object: pod.ref, delta, signals, sightedAt: stage.clock.now() });
  return stage.queue.send([{ body: JSON.stringify(sighting) }]);
}

/** Every step of the story's first delivery, with every way to fail there. */
async function faultsOf(story: Story): Promise<readonly (Fault & { readonly name: string })[]> {
  const { names } = await lived(story, undefined);
  return names.flatMap((name, index) =>
    (["dies", "stumbles"] as const).flatMap((how) =>
      (["before", "after"] as const).map((when) => ({ name, atStep: index + 1, when, how })),
    ),
  );
}

async function everyFault(story: Story, check: (stage: Stage) => Promise<unknown>) {
  const faults = await faultsOf(story);
  const seen: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  const { stage: untroubled } = await lived(story, undefined);
  const expected = await check(untroubled);
  for (const fault of faults) {
    const { stage } = await lived(story, fault);
    const title = `${fault.how} ${fault.when} ${fault.name} (${fault.atStep})`;
    seen[title] = await check(stage);
    wanted[title] = expected;
  }
  return { faults, seen, wanted, expected };
}

/** What must be the same whatever failed where. */
async function healed(stage: Stage) {
  const actions = await stage.deps.ledger.list();
  const owner = {
    key: "act#owner#eu-1/uid-of-deployment-web",
    ...limits.owner,
    title: "",
  };
  const stored = await stage.caseOf(pod.ref.uid);
  const leaks = await stage.deps.leaks.list();
  return {
    writesDone: stage.api.writes.filter((each) => each.outcome === "Done").map((each) => each.pod.uid),
    withoutOutcome: actions.filter((each) => each.outcome === undefined).map((each) => each.heal.kind),
    spent: await stage.deps.budgets.used(owner, stage.clock.now()),
    case: `${stored?.state} ${stored?.closedBecause}`,
    verified: actions.filter((each) => each.verifiedAt !== undefined).length,
    leaks: leaks.map((each) => each.state),
    claim: await stage.deps.claims.read("eu-1", pod.ref.uid),
    warnings: stage.api.events.filter((each) => each.type === "Warning").length,
  };
}

const tooEarlyYet: Judge = () => ({ kind: "leave", reason: "GraceRunning", message: "Not yet." });

describe("a heal whose process fails at any one step", () => {
  const stories: readonly (readonly [string, Story])[] = [
    ["of the look that opens the case", {}],
    ["of the look that opens the case, and the word that it is gone arrives", { goneTold: true }],
    ["of a look at a case that stands", { verdictBefore: tooEarlyYet }],
    [
      "of a look at a case that stands, and the word that it is gone arrives",
      { verdictBefore: tooEarlyYet, goneTold: true },
    ],
  ];
  it.each(stories)("ends in one write per uid, counted once, explained and closed: %s", async (_, story) => {
    const { faults, seen, wanted, expected } = await everyFault(story, healed);
    expect(expected).toEqual({
      writesDone: [pod.ref.uid],
      withoutOutcome: [],
      spent: 1,
      case: "closed Healed",
      verified: 1,
      leaks: ["open"],
      claim: undefined,
      warnings: 0,
    });
    expect(faults.length).toBeGreaterThan(100);
    expect(seen).toEqual(wanted);
  });
});

/** No planned row stays without an outcome when the pod goes by itself while the message is hidden. */
async function explained(stage: Stage) {
  const actions = await stage.deps.ledger.list();
  const stored = await stage.caseOf(pod.ref.uid);
  return {
    withoutOutcome: actions
      .filter((each) => each.outcome === undefined)
      .map((each) => `${each.mode} ${each.heal.kind}`),
    open: stored?.state === "open",
    writes: stage.api.writes.length <= 1,
  };
}

describe("a process that failed, and whose pod goes by itself meanwhile", () => {
  it.each([
    ["act", true],
    ["act", false],
    // A dry run holds its case for an hour, and closes it on the word that the pod is gone.
    ["observe", true],
  ] as const)(
    "leaves no action without an outcome and no open case in mode %s, gone told: %s (X-13)",
    async (mode, goneTold) => {
      const { seen, wanted, expected } = await everyFault({ mode, goesMeanwhile: true, goneTold }, explained);
      expect(expected).toEqual({ withoutOutcome: [], open: false, writes: true });
      expect(seen).toEqual(wanted);
    },
  );
});

async function told(stage: Stage) {
  const actions = await stage.deps.ledger.list();
  const stored = await stage.caseOf(pod.ref.uid);
  return {
    warnings: stage.api.events.map((each) => each.reason),
    withoutOutcome: actions.filter((each) => each.outcome === undefined).length,
    done: actions.filter((each) => each.outcome?.kind === "Done").length,
    verdict: `${stored?.state} ${stored?.verdict?.reason}`,
    writes: stage.api.writes.length,
  };
}

const tellPeople: Judge = () => ({ kind: "escalate", reason: "StatefulPod", message: "Look at it." });
const tellOfNode: Judge = () => ({
  kind: "escalate",
  about: aNode().ref,
  reason: "RejectionLoop",
  message: "Its node is the cause.",
});

describe("an escalation whose process fails at any one step", () => {
  it.each([
    ["the object itself", tellPeople, undefined, "StatefulPod"],
    ["the object itself, at a case that stands", tellPeople, tooEarlyYet, "StatefulPod"],
    ["its node", tellOfNode, undefined, "RejectionLoop"],
  ] as const)("is told exactly once, with one outcome: about %s", async (_, judge, before, reason) => {
    const story: Story = before === undefined ? { judge } : { judge, verdictBefore: before };
    const { seen, wanted, expected } = await everyFault(story, told);
    expect(expected).toEqual({
      warnings: [reason],
      withoutOutcome: 0,
      done: 1,
      verdict: `open ${reason}`,
      writes: 0,
    });
    expect(seen).toEqual(wanted);
  });
});

const giveNodeAway: Judge = () => ({
  kind: "handOver",
  node: aNode().ref,
  reason: "RejectionLoop",
  message: "Its node is the cause.",
});

async function handedOver(stage: Stage) {
  const node = await stage.caseOf(aNode().ref.uid, "notready-handler");
  const calls = await stage.nodeQueue.receive({ limit: 10, waitMs: 0, visibilityMs: 1_000 });
  return {
    symptoms: node?.symptoms?.map((each) => `${each.reason} ${each.pod.name}`),
    called: calls.length > 0,
    verdict: (await stage.caseOf(pod.ref.uid))?.verdict?.kind,
    writes: stage.api.writes.length,
    warnings: stage.api.events.length,
  };
}

describe("a hand-over whose process fails at any one step", () => {
  it("stands once on the node's case, and calls its healer", async () => {
    const { seen, wanted, expected } = await everyFault({ judge: giveNodeAway }, handedOver);
    expect(expected).toEqual({
      symptoms: ["RejectionLoop web-1"],
      called: true,
      // Nobody takes it up here: after a quarter of an hour people are told.
      verdict: "escalate",
      writes: 0,
      warnings: 1,
    });
    expect(seen).toEqual(wanted);
  });
});

async function shadowed(stage: Stage) {
  const actions = await stage.deps.ledger.list();
  const stored = await stage.caseOf(pod.ref.uid);
  return {
    writes: stage.api.writes.length,
    events: stage.api.events.length,
    observed: actions.some((each) => each.outcome?.kind === "Observed"),
    withoutOutcome: actions.filter((each) => each.outcome === undefined).length,
    leaks: (await stage.deps.leaks.list()).length,
    mode: stored?.verdict?.mode,
  };
}

describe("a dry run whose process fails at any one step", () => {
  it.each([
    ["a heal", undefined],
    ["an escalation", tellPeople],
    ["a word about its node", tellOfNode],
    ["a hand-over", giveNodeAway],
  ] as const)("writes nothing to the cluster and leaves no action without an outcome: %s", async (_, judge) => {
    const story: Story = judge === undefined ? { mode: "observe" } : { mode: "observe", judge };
    const { seen, wanted, expected } = await everyFault(story, shadowed);
    expect(expected).toEqual({ writes: 0, events: 0, observed: true, withoutOutcome: 0, leaks: 0, mode: "observe" });
    expect(seen).toEqual(wanted);
  });
});

/** Runs a delivery up to one of its steps, lets another one run to its end there, and goes on. */
async function interleaved(atStep: number, second: "suspect" | "gone", stands: boolean) {
  let steps = 0;
  let between: (() => Promise<unknown>) | undefined;
  let judging = stands;
  const deciding = scriptedHealer();
  const stage = await aStage(
    {
      ...deciding,
      decide: (facts, openCase, at) => (judging ? tooEarlyYet(facts) : deciding.decide(facts, openCase, at)),
    },
    {
      through: (deps) =>
        steppingProcess(deps, async (_, call) => {
          const answer = await call();
          steps++;
          const run = between;
          if (steps === atStep && run !== undefined) {
            between = undefined;
            await run();
          }
          return answer;
        }),
    },
  );
  stage.api.putPod(pod);
  if (stands) {
    await stage.sight(pod);
    judging = false;
    await stage.clock.advance(seconds(40));
    await stage.report();
  }
  steps = 0;
  between = () => stage.sight(pod, second);
  await stage.sight(pod);
  const reached = between === undefined;
  await stage.pass(minutes(30));
  return { stage, reached };
}

describe("two deliveries, one in the middle of the other", () => {
  it.each([
    ["a sighting within one that opens the case", "suspect", false],
    ["a sighting within another of a case that stands", "suspect", true],
    ["the word that it is gone within the look that heals", "gone", false],
    ["the word that it is gone within the look that heals, of a case that stands", "gone", true],
  ] as const)("write once, count once and close as Healed: %s", async (_, second, stands) => {
    const seen: Record<number, unknown> = {};
    const wanted: Record<number, unknown> = {};
    let atStep = 1;
    for (; ; atStep++) {
      const { stage, reached } = await interleaved(atStep, second, stands);
      if (!reached) break;
      seen[atStep] = {
        ...(await healed(stage)),
        events: stage.api.events.map((each) => each.reason),
        inFlight: await stage.deps.budgets.used(
          { key: "act#owner-in-flight#eu-1/uid-of-deployment-web", limit: 1, windowMs: hours(2), title: "" },
          stage.clock.now(),
        ),
      };
      wanted[atStep] = {
        writesDone: [pod.ref.uid],
        withoutOutcome: [],
        spent: 1,
        case: "closed Healed",
        verified: 1,
        leaks: ["open"],
        claim: undefined,
        warnings: 0,
        events: ["ForceDeleted"],
        inFlight: 0,
      };
    }
    expect(atStep).toBeGreaterThan(25);
    expect(seen).toEqual(wanted);
  });
});
