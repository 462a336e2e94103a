import type { Case } from "../../shared/case/case.ts";
import type { CaseStore } from "../../shared/case/case-store.ts";
import { describeError } from "../../shared/errors.ts";
import { plainText } from "../cli/plain-text.ts";
import { objectWords, orderedCases, rowOf, tally } from "./case-rows.ts";
import type { Host } from "./host.ts";
import { type LiveScreen, liveScreen } from "./live-screen.ts";
import { isDeed, liveLines } from "./live-table.ts";

export interface CaseReporter {
  /** A line that stays. */
  say(line: string): void;
  /** Shows cases as they change, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Reading all cases is a scan: it comes a second after the last one ended, and after a slow one later. */
const pollMs = 1_000;
const pollShare = 10;
/** More changes of one kind in one poll are told together: a rejection loop sweeps hundreds. */
const linesPerKind = 3;

/**
 * What people see of a running stack: a live table where somebody looks, a line per change elsewhere, JSON lines with `--json`.
 */
export function caseReporter(options: {
  readonly host: Host;
  readonly json: boolean;
  readonly cases: CaseStore;
  readonly title: string;
  readonly notices: () => readonly string[];
}): CaseReporter {
  const { host, json, cases } = options;
  const live = host.stdout.isTty && !json ? liveScreen(host.stdout) : undefined;
  const told = json ? host.stderr : host.stdout;
  const say = (line: string) => (live ? live.print(line) : told.write(`${plainText(line)}\n`));
  const show = live ? tableOn(live, options) : json ? jsonLines(host) : plainLines(host);
  let lastTrouble = "";

  const poll = async () => {
    try {
      show(await cases.list());
      lastTrouble = "";
    } catch (error) {
      const words = describeError(error);
      if (words !== lastTrouble) say(`knitbone: ${words}`);
      lastTrouble = words;
    }
  };

  return {
    say,
    async run(signal) {
      while (!signal.aborted) {
        const begun = host.clock.monotonic();
        await poll();
        const tookMs = host.clock.monotonic() - begun;
        await host.clock.sleep(Math.max(pollMs, pollShare * tookMs), signal);
      }
      live?.end();
    },
  };
}

type Show = (cases: readonly Case[]) => void;

function tableOn(live: LiveScreen, options: Parameters<typeof caseReporter>[0]): Show {
  const { host, title, notices } = options;
  return (cases) => {
    const view = {
      title,
      notices: notices(),
      rows: orderedCases(cases).map(rowOf),
      foot: `${tally(cases)} · Ctrl-C ends it`,
    };
    live.draw(liveLines(view, { ...host.stdout.size(), colour: host.stdout.colour }, host.clock.now()));
  };
}

function jsonLines(host: Host): Show {
  const changed = changes();
  return (cases) => {
    for (const { key, object, state, verdict, closedBecause } of changed(cases)) {
      const { kind, namespace, name, uid } = object;
      const line = {
        cluster: key.cluster,
        healer: key.healer,
        object: { kind, namespace, name, uid },
        state,
        verdict: verdict?.kind,
        reason: verdict?.reason,
        message: verdict?.message,
        mode: verdict?.mode,
        closedBecause,
      };
      host.stdout.write(`${JSON.stringify(line)}\n`);
    }
  };
}

function plainLines(host: Host): Show {
  const changed = changes();
  return (cases) => {
    const judged = changed(cases).filter(({ verdict }) => verdict !== undefined);
    const kinds = Map.groupBy(judged, (each) => `${each.key.cluster} ${wordsOf(each)}`);
    for (const [kind, members] of kinds) {
      for (const each of members.slice(0, linesPerKind)) host.stdout.write(`${lineOfCase(each)}\n`);
      const more = members.length - linesPerKind;
      if (more > 0) host.stdout.write(`${kind}: ${more} more\n`);
    }
  };
}

/** What a line says; two cases with the same words are of one kind. */
function wordsOf({ verdict, state, closedBecause }: Case): string {
  if (state === "closed") return `closed: ${closedBecause ?? "well"}`;
  if (verdict === undefined) return "";
  const word = verdict.kind === "handOver" ? "hand over" : verdict.kind;
  return `${verdict.mode === "observe" && isDeed(verdict.kind) ? "would " : ""}${word} ${verdict.reason}`;
}

const lineOfCase = (each: Case): string =>
  plainText(`${each.key.cluster} ${objectWords(each.object)}: ${wordsOf(each)}${messageOf(each)}`);

const messageOf = ({ state, verdict }: Case): string =>
  state === "closed" || verdict === undefined ? "" : ` (${verdict.message})`;

/** Those whose words differ from the last time. */
function changes(): (cases: readonly Case[]) => readonly Case[] {
  const last = new Map<string, string>();
  return (cases) =>
    cases.filter((each) => {
      const { healer, cluster, uid } = each.key;
      const key = `${healer} ${cluster} ${uid}`;
      const words = wordsOf(each);
      const isNew = last.get(key) !== words;
      last.set(key, words);
      return isNew;
    });
}
