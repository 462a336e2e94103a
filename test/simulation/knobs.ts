import { dice } from "./dice.ts";

/**
 * What goes wrong between the parts of one run, as data. Shares are of calls (0 to 1), counts are of events in the first phase; 0 switches a fault
 * off and changes nothing else (S2-11).
 */
export interface Knobs {
  /** Messages that come 10 to 60 s late. */
  readonly queueDelays: number;
  /** Messages that come twice. */
  readonly duplicates: number;
  /** Messages that are held 1 to 3 s, so that later ones overtake them. */
  readonly reordering: number;
  /** Sends, receives and acknowledgements that fail: half of them after they took effect. */
  readonly queueErrors: number;
  /** Table calls that are refused and do nothing. */
  readonly tableThrottling: number;
  /** Table calls without an answer: half of them took effect. */
  readonly tableTimeouts: number;
  /** Table calls that take 50 to 900 ms. */
  readonly slowTables: number;
  /** Reads of the API server whose answer is 0.2 to 4 s old when it arrives: all the staleness there is where every read is a quorum read. */
  readonly staleReads: number;
  /** Requests without an answer. Of writes a third is not carried out, a third is, and a third is carried out up to 20 s later. */
  readonly apiTimeouts: number;
  /** Requests that are answered 409 (writes), 429, 500 or 503. */
  readonly apiRefusals: number;
  /** Awaits of a function at which its process ends: half of them after the call took effect. */
  readonly crashes: number;
  /** Times that the API server is away for 90 s. */
  readonly outages: number;
  /** Times that all watches are cut and their history is forgotten. */
  readonly watchCuts: number;
  /** Times that the forwarder's process ends and a new one begins. */
  readonly forwarderCrashes: number;
  /** Times that somebody switches the healers off, or to observe, and back to act. */
  readonly flagFlips: number;
}

export type Knob = keyof Knobs;

export const calm: Knobs = {
  queueDelays: 0,
  duplicates: 0,
  reordering: 0,
  queueErrors: 0,
  tableThrottling: 0,
  tableTimeouts: 0,
  slowTables: 0,
  staleReads: 0,
  apiTimeouts: 0,
  apiRefusals: 0,
  crashes: 0,
  outages: 0,
  watchCuts: 0,
  forwarderCrashes: 0,
  flagFlips: 0,
};

export const knobNames: readonly Knob[] = Object.keys(calm).filter((each): each is Knob => each in calm);

/** The most of each; a run has from a tenth of it to all of it. */
const most: Knobs = {
  queueDelays: 0.2,
  duplicates: 0.3,
  reordering: 0.5,
  queueErrors: 0.1,
  tableThrottling: 0.05,
  tableTimeouts: 0.05,
  slowTables: 0.3,
  staleReads: 0.3,
  apiTimeouts: 0.1,
  apiRefusals: 0.1,
  crashes: 0.02,
  outages: 1,
  watchCuts: 4,
  forwarderCrashes: 2,
  flagFlips: 3,
};

/** Swarm testing: of each seed only some faults, so that one that hides the others does not do so in every run. */
export function knobsOf(seed: number): Knobs {
  const thrown = dice(seed, "knobs");
  const knobs = knobNames.map((name) => {
    const isOn = thrown.chance(0.45);
    const strength = thrown.between(1, 10) / 10;
    const value = most[name] < 1 ? most[name] * strength : Math.ceil(most[name] * strength);
    return [name, isOn ? value : 0] as const;
  });
  // An outage alone is long: few runs have one.
  return { ...calm, ...Object.fromEntries(knobs), ...(thrown.chance(0.25) ? {} : { outages: 0 }) };
}

/** "duplicates 0.3, crashes 0.02", or "none". */
export function describeKnobs(knobs: Knobs): string {
  const on = knobNames.filter((name) => knobs[name] > 0).map((name) => `${name} ${Number(knobs[name].toFixed(3))}`);
  return on.length === 0 ? "none" : on.join(", ");
}
