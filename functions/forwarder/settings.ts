import { formatDuration, hours, minutes, parseDuration, seconds } from "../../shared/time/duration.ts";

/** The forwarder's knobs, as they hold (already divided in the lab). Durations in milliseconds. */
export interface ForwarderSettings {
  /** How long after a sighting a suspect is repeated for the first time; the pause doubles from there. Raising it makes lost deltas cost more time. */
  readonly resyncMs: number;
  /** The longest pause between two sightings of a suspect about which nothing changes. */
  readonly resyncMaxMs: number;
  /** Each pause is drawn from ± this share of itself, so that thousands of suspects do not fall due together. 0 to 0.5. */
  readonly resyncJitter: number;
  /**
   * How old an unscheduled pod must be to become a suspect. 90 s: a scheduler with room needs none of it, an autoscaler has begun to act by then,
   * and three looks fit in before anything may be done about a Pending pod (300 s, `safety.md` §1.3).
   */
  readonly unscheduledSettleMs: number;
  /** How long after binding a pod may stay without a word from its kubelet. 90 s: S0-14. */
  readonly silentSettleMs: number;
  /** How long after binding a pod whose kubelet has spoken may have containers that have not started. 5 min: most pulls and mounts are done by then. */
  readonly startingSettleMs: number;
  /** How long a running pod's containers may stay unready. 5 min: what warms up is done by then, and nothing is done about it sooner. */
  readonly unreadySettleMs: number;
  /** Between two cluster reports. At most 60 s: no healer acts on a cluster whose report is older than 120 s. */
  readonly reportEveryMs: number;
  /** Under load, how long a send waits for more to go along; an idle forwarder sends at once. */
  readonly lingerMs: number;
  /** How long a milestone waits for company. */
  readonly milestoneLingerMs: number;
  /** Whether ready and gone of pods that were no suspects are sent (for the lifecycle record). */
  readonly milestones: boolean;
  /** The start is delayed by a random part of this, so that a fleet that restarts together does not list together. */
  readonly startupJitterMs: number;
  /**
   * A watch on which nothing came for so long is opened anew from where it stood. Above the API server's bookmark rhythm of 60 s, so that
   * a quiet healthy resource is left alone.
   */
  readonly watchIdleMs: number;
  /**
   * About how often (± a quarter) each resource is listed whole and compared with what the watches brought (S0-70). What they missed is taken, and counted as drift.
   */
  readonly compareEveryMs: number;
  /** How long `stop` may take to send what is still in the outbox. */
  readonly drainMs: number;
  /** The node label that names the pool, where it is none of the well-known ones. */
  readonly poolLabel?: string;
}

const defaultSettings: ForwarderSettings = {
  resyncMs: seconds(60),
  resyncMaxMs: minutes(10),
  resyncJitter: 0.1,
  unscheduledSettleMs: seconds(90),
  silentSettleMs: seconds(90),
  startingSettleMs: minutes(5),
  unreadySettleMs: minutes(5),
  reportEveryMs: seconds(30),
  lingerMs: 100,
  milestoneLingerMs: seconds(5),
  milestones: true,
  startupJitterMs: 0,
  watchIdleMs: seconds(90),
  compareEveryMs: hours(1),
  drainMs: seconds(10),
};

/** Defaults with what is given laid over them; the lab factor divides settle and resync times and nothing else (`design.md` §10). */
export function forwarderSettings(given: Partial<ForwarderSettings> = {}, lab = 1): ForwarderSettings {
  const settings = { ...defaultSettings, ...given };
  return Object.freeze({
    ...settings,
    resyncMs: settings.resyncMs / lab,
    resyncMaxMs: settings.resyncMaxMs / lab,
    unscheduledSettleMs: settings.unscheduledSettleMs / lab,
    silentSettleMs: settings.silentSettleMs / lab,
    startingSettleMs: settings.startingSettleMs / lab,
    unreadySettleMs: settings.unreadySettleMs / lab,
  });
}

export type SettingsResult =
  | { readonly kind: "settings"; readonly settings: ForwarderSettings }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Lowest and highest value of each duration knob, before the lab divides. */
const durationKnobs = {
  resync: { member: "resyncMs", from: seconds(10), to: minutes(10) },
  resyncMax: { member: "resyncMaxMs", from: seconds(60), to: minutes(30) },
  unscheduledSettle: { member: "unscheduledSettleMs", from: seconds(10), to: minutes(10) },
  silentSettle: { member: "silentSettleMs", from: seconds(30), to: minutes(10) },
  startingSettle: { member: "startingSettleMs", from: seconds(60), to: minutes(30) },
  unreadySettle: { member: "unreadySettleMs", from: seconds(60), to: minutes(30) },
  reportEvery: { member: "reportEveryMs", from: seconds(5), to: seconds(60) },
  linger: { member: "lingerMs", from: 0, to: seconds(5) },
  milestoneLinger: { member: "milestoneLingerMs", from: 0, to: minutes(1) },
  startupJitter: { member: "startupJitterMs", from: 0, to: minutes(10) },
  watchIdle: { member: "watchIdleMs", from: seconds(65), to: seconds(95) },
  compareEvery: { member: "compareEveryMs", from: minutes(10), to: hours(24) },
  drain: { member: "drainMs", from: seconds(1), to: minutes(2) },
} as const;

type Given = { -readonly [Member in keyof ForwarderSettings]?: ForwarderSettings[Member] };

/** Reads knobs as an operator writes them: `{"resync": "60s", "milestones": "off", "poolLabel": "pool"}`. Every problem at once. */
export function parseForwarderSettings(values: unknown, lab = 1): SettingsResult {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    return { kind: "problems", problems: ["settings are not an object of knobs"] };
  }
  const given: Given = {};
  const problems = Object.entries(values).flatMap(([knob, value]) => readKnob(given, knob, value) ?? []);
  if (!(lab >= 1)) problems.push(`lab: ${lab} is below 1`);
  const settings = forwarderSettings(given, lab >= 1 ? lab : 1);
  if (settings.resyncMaxMs < settings.resyncMs) problems.push("resyncMax: is below resync");
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "settings", settings };
}

/** Puts one knob into `given`, or says what is wrong with it. */
function readKnob(given: Given, knob: string, value: unknown): string | undefined {
  if (Object.hasOwn(durationKnobs, knob)) return readDuration(given, knob as keyof typeof durationKnobs, value);
  switch (knob) {
    case "milestones":
      if (value !== "on" && value !== "off") return `milestones: ${words(value)} is neither "on" nor "off"`;
      given.milestones = value === "on";
      return undefined;
    case "resyncJitter":
      if (typeof value !== "number" || !(value >= 0 && value <= 0.5)) {
        return `resyncJitter: ${words(value)} is not a number from 0 to 0.5`;
      }
      given.resyncJitter = value;
      return undefined;
    case "poolLabel":
      if (typeof value !== "string" || value === "") return `poolLabel: ${words(value)} is not the key of a label`;
      given.poolLabel = value;
      return undefined;
    default:
      return `${knob}: there is no such knob`;
  }
}

function readDuration(given: Given, knob: keyof typeof durationKnobs, value: unknown): string | undefined {
  const { member, from, to } = durationKnobs[knob];
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms === undefined) return `${knob}: ${words(value)} is not a duration like "90s" or "5m"`;
  if (ms < from || ms > to) {
    return `${knob}: ${words(value)} is not between ${formatDuration(from)} and ${formatDuration(to)}`;
  }
  given[member] = ms;
  return undefined;
}

function words(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
