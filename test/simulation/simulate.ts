import type { Action } from "../../shared/ledger/action.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";
import { dice } from "./dice.ts";
import { type Failure, failuresOf, isWell } from "./failures.ts";
import type { Knobs } from "./knobs.ts";
import { podsSeen, wrongs } from "./oracle.ts";
import { aWorld, type Sabotage, type World } from "./world.ts";

/** What a run is made of, beside its seed. */
export interface Setting {
  readonly knobs: Knobs;
  /** What the seed says when absent. */
  readonly failures?: readonly Failure[];
  /** What the flag says at first. What the seed says when absent: `act` mostly. */
  readonly mode?: "act" | "observe";
  readonly sabotage?: Sabotage;
}

/** One run. The same seed and setting give the same lines. */
export interface Run {
  readonly failures: readonly string[];
  /** What was done wrong, and what was not done. Empty: all is as it should be. */
  readonly wrongs: readonly string[];
  /** Of a dry run, or of an incident that closed: actions of which the ledger never says what came of them. Their process ended, and nobody took them up. */
  readonly unsaid: readonly string[];
  readonly trace: readonly string[];
  /** Writes of the product that the API server accepted, words on objects (Events) not among them. */
  readonly changes: number;
}

const faultsForMs = minutes(5);
/** After the last fault: the brake's exit (10 min), an hour's budgets are not used up by these failures, the rest is the healers' own pace. */
const healsWithinMs = minutes(25);
const repairedWithinMs = minutes(20);
/** A word that nobody came back to is ended after an hour, and a case that waits so long (observe mode) is looked at then, though its object be gone. */
const bookedWithinMs = minutes(75);

/** First all faults, then none: what is wrong must be healed by then, and all must be well once it is repaired. */
export async function simulate(seed: number, setting: Setting): Promise<Run> {
  const world = await aWorld(seed, setting.knobs, setting.sabotage);
  const { model, weather, chronicle } = world;
  const drawn = weather.dice("failures");
  const failures = setting.failures ?? failuresOf(drawn);
  const isDryRun = setting.mode === undefined ? drawn.chance(0.15) : setting.mode === "observe";
  const pods = podsSeen(model);
  await world.setMode(isDryRun ? "observe" : "act");
  for (const each of failures) each.prepare(model);
  await world.pass(seconds(60));

  const hung = new Set<string>();
  const repairs = failures.map((each) => {
    weather.note(`it happens: ${each.name}`);
    return each.happen(model, hung);
  });
  await faultyPhase(world, seed, isDryRun);
  weather.clear();
  weather.note("the faults stop");
  const notDone = await convergence(world, failures, repairs, isDryRun);
  await world.close();

  for (const each of model.api.audit.records.filter(({ user }) => user.startsWith("knitbone:"))) {
    weather.note(`audit ${each.at} ${each.user} ${each.verb} ${each.resource} ${each.name} ${each.code}`);
  }
  const changes = model.api.audit.records.filter(
    ({ user, code, resource }) => user.startsWith("knitbone:") && code < 300 && resource !== "events",
  ).length;
  const left = await unsaid(world);
  return {
    failures: failures.map(({ name }) => name),
    wrongs: [...wrongs(model, pods, chronicle), ...notDone, ...left.filter((each) => !isShadow(each)).map(withoutEnd)],
    unsaid: left.filter(isShadow).map(withoutEnd),
    trace: weather.trace,
    changes,
  };
}

/** Single events at times of their own; everything else is drawn call by call. */
async function faultyPhase(world: World, seed: number, isDryRun: boolean): Promise<void> {
  const { model, weather } = world;
  const plan: { readonly at: number; readonly act: () => unknown }[] = [];
  const times = (knob: "outages" | "watchCuts" | "forwarderCrashes" | "flagFlips", act: (when: number) => void) => {
    const thrown = dice(seed, knob);
    for (let left = weather.knobs()[knob]; left > 0; left--) act(thrown.between(0, faultsForMs / 1_000) * 1_000);
  };
  times("outages", (at) => {
    plan.push({
      at,
      act() {
        weather.note("the API server is away");
        const back = model.outage();
        plan.push({ at: at + seconds(90), act: back });
      },
    });
  });
  times("watchCuts", (at) => {
    plan.push({
      at,
      act() {
        model.api.faults.expireHistory();
        model.api.faults.cutWatches();
      },
    });
  });
  times("forwarderCrashes", (at) => plan.push({ at, act: () => world.replaceForwarder() }));
  times("flagFlips", (at) => {
    if (isDryRun) return;
    const mode = dice(seed, `flag ${at}`).pick(["off", "observe"] as const);
    plan.push({ at, act: () => world.setMode(mode) }, { at: at + seconds(40), act: () => world.setMode("act") });
  });

  for (let at = 0; at < faultsForMs + seconds(90) && (at < faultsForMs || plan.length > 0); at += seconds(1)) {
    const due = plan.filter((each) => each.at <= at);
    for (const each of due) {
      plan.splice(plan.indexOf(each), 1);
      await each.act();
    }
    await world.pass(seconds(1));
  }
  for (const each of plan) await each.act();
  if (!isDryRun) await world.setMode("act");
}

/** Liveness: with no fault left everything that can be healed is healed, then all is repaired and all marks and cases are closed or told. */
async function convergence(
  world: World,
  failures: readonly Failure[],
  repairs: readonly (() => void)[],
  isDryRun: boolean,
): Promise<readonly string[]> {
  const { model } = world;
  const unhealed = () => (isDryRun ? [] : failures.filter((each) => !each.healed(model)).map(({ name }) => name));
  await until(world, healsWithinMs, async () => unhealed().length === 0);
  const left = unhealed().map((name) => `not healed: ${name}`);
  for (const repair of repairs) repair();
  await until(world, repairedWithinMs, async () => isWell(model));
  const sick = isWell(model) ? [] : ["a node is still marked or not Ready"];
  // What is on its way comes to its end, and what was left behind by a process that ended is found when its claim has run out.
  await until(world, bookedWithinMs, async () => (await unsettled(world)).length + (await unsaid(world)).length === 0);
  return [...left, ...sick, ...(await unsettled(world))];
}

async function until(world: World, limitMs: number, done: () => Promise<boolean>): Promise<void> {
  for (let left = limitMs; left > 0 && !(await done()); left -= seconds(10)) await world.pass(seconds(10));
}

/** Cases that are open without a word, or about what is gone. */
async function unsettled({ model, tables }: World): Promise<readonly string[]> {
  const living = new Set(
    (["pods", "nodes", "deployments"] as const).flatMap((each) =>
      model.store.all(each).map(({ metadata }) => metadata.uid),
    ),
  );
  const cases = (await tables.cases.list()).filter(({ state }) => state === "open");
  return cases.flatMap(({ key, object, verdict }) => {
    const name = `${key.healer}'s case of ${object.kind} ${object.name}`;
    if (!living.has(object.uid)) return [`not closed: ${name}, which is gone (${verdict?.reason})`];
    return verdict === undefined ? [`not judged: ${name}`] : [];
  });
}

/** Actions that were planned and have no outcome. */
async function unsaid({ tables }: World): Promise<readonly Action[]> {
  return (await tables.ledger.list()).filter(({ outcome }) => outcome === undefined);
}

/** Nothing was written to a cluster, and nobody would have been told. */
const isShadow = ({ mode, heal, reason }: Action): boolean =>
  (mode === "observe" && heal.kind === "Escalate") || reason === "IncidentClosed";
const withoutEnd = ({ id, healer, reason, mode }: Action): string => `no outcome: ${healer} ${reason} ${id} (${mode})`;
