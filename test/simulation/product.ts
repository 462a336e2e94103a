import { fileURLToPath } from "node:url";
import { dependencyWatch } from "../../functions/dependency-watch/healer.ts";
import { parsePolicy as dependencyPolicy } from "../../functions/dependency-watch/policy.ts";
import { dispatcher } from "../../functions/dispatcher/dispatcher.ts";
import { notreadyHandler } from "../../functions/notready-handler/healer.ts";
import { parsePolicy as notreadyPolicy } from "../../functions/notready-handler/policy.ts";
import { orphanSweeper } from "../../functions/orphan-sweeper/healer.ts";
import { parsePolicy as orphanPolicy } from "../../functions/orphan-sweeper/policy.ts";
import { pendingRescheduler } from "../../functions/pending-rescheduler/healer.ts";
import { parsePolicy as pendingPolicy } from "../../functions/pending-rescheduler/policy.ts";
import { terminatingReaper } from "../../functions/terminating-reaper/healer.ts";
import { parsePolicy as terminatingPolicy } from "../../functions/terminating-reaper/policy.ts";
import { dispatcherName, readFunctions } from "../../infra/stack/function-settings.ts";
import type { Signal } from "../../shared/delta/delta.ts";
import type { Healer, HealerFacts } from "../../shared/heal/healer.ts";
import { type Pipeline, pipeline } from "../../shared/heal/pipeline.ts";
import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";
import type { ParsePolicy } from "../../shared/heal/policy.ts";

/** Ages, margins and times to live are divided by this, as in the demo and the real tier; no rail is (`design.md` §10). */
export const lab = 20;

interface Part {
  readonly name: string;
  readonly maximumConcurrency: number;
  /** Of one process: its stores, queues and clusters as that process sees them. */
  readonly pipeline: (deps: PipelineDeps) => Pipeline;
}

function part<Policy, Facts extends HealerFacts, Reason extends string>(
  makeHealer: (policy: Policy) => Healer<Facts, Reason>,
  parsePolicy: ParsePolicy<Policy>,
  knobs: object = {},
): Part {
  const parsed = parsePolicy(knobs, lab);
  if (parsed.kind !== "policy") throw new Error(`reading a policy: ${parsed.problems.join("; ")}`);
  const healer = makeHealer(parsed.policy);
  const settings = functions.find(({ name }) => name === healer.name);
  return {
    name: healer.name,
    maximumConcurrency: settings?.maximumConcurrency ?? 1,
    pipeline: (deps) => pipeline(healer, deps),
  };
}

const functions = readFunctions(fileURLToPath(new URL("../..", import.meta.url)));

/**
 * Every healer with the policy that it ships with; but a node is given back after five minutes, not half a minute. What a process held that died comes again after
 * three, which no lab divides: as outside of it, a mark must outlive that.
 */
export const healers: readonly Part[] = [
  part(dependencyWatch, dependencyPolicy),
  part(notreadyHandler, notreadyPolicy, { wellFor: "5m" }),
  part(orphanSweeper, orphanPolicy),
  part(pendingRescheduler, pendingPolicy),
  part(terminatingReaper, terminatingPolicy),
];

/** Which healers hear of which signal, as `function.yml` says. */
export const routes: Readonly<Partial<Record<Signal, readonly string[]>>> = Object.fromEntries(
  [...new Set(functions.flatMap(({ signals }) => signals))].map((signal) => [
    signal,
    functions.filter((each) => each.name !== dispatcherName && each.signals.includes(signal)).map(({ name }) => name),
  ]),
);

export const makeDispatcher = dispatcher;
