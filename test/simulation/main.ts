/**
 * Long runs: `npm run simulate -- --seeds 1000 [--from 1]`, and one again: `npm run simulate -- --seed 42 [--trace]`. Prints every seed that fails, the
 * faults that it needs, and how to run it again; exit code 1 when any did.
 */
import { parseArgs } from "node:util";
import { describeKnobs, knobsOf } from "./knobs.ts";
import { shrink } from "./shrink.ts";
import { type Run, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`reading the command line: --${name} must be a whole number, not ${text}`);
};

async function tell(seed: number, run: Run): Promise<void> {
  say(`seed ${seed} fails: ${run.failures.join("; ")}`);
  for (const each of run.wrongs) say(`  ${each}`);
  const needed = await shrink(knobsOf(seed), async (knobs) => (await simulate(seed, { knobs })).wrongs.length > 0);
  say(`  faults: ${describeKnobs(knobsOf(seed))}`);
  say(`  needed: ${describeKnobs(needed)}`);
  say(`  again:  npm run simulate -- --seed ${seed} --trace`);
}

/** One seed, as the command line wants it told; the run itself for the sums. */
async function one(seed: number): Promise<Run> {
  const run = await simulate(seed, { knobs: knobsOf(seed) });
  if (values.trace) for (const each of run.trace) say(each);
  if (values.seed !== undefined) for (const each of run.unsaid) say(`  no last word in the ledger: ${each}`);
  if (run.wrongs.length > 0) await tell(seed, run);
  return run;
}

async function main(): Promise<number> {
  const from = whole("from", values.seed ?? values.from);
  const count = values.seed === undefined ? whole("seeds", values.seeds) : 1;
  const sums = { failed: 0, changes: 0, unsaid: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const { wrongs, changes, unsaid } = await one(seed);
    sums.failed += wrongs.length > 0 ? 1 : 0;
    sums.changes += changes;
    sums.unsaid += unsaid.length;
  }
  say(`${count} seeds from ${from}: ${sums.failed} failed`);
  say(`${sums.changes} changes to clusters, ${sums.unsaid} actions without a last word in the ledger`);
  return sums.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
