/**
 * What every healer gets. The road of one message (`design.md` §5):
 *
 *   parse → concerns → flag → cluster fresh? → case (too early?) → brake → observe → decide → rails → claim → last look → apply → record → verify
 *
 * Everything that can say no without reading the cluster comes before the read. Whatever says no is written on the case with its reason; what is
 * to be looked at again wakes itself through the healer's own queue, and the forwarder's resync is the second alarm clock.
 */
import { type Case, type CaseKey, reopenedCase } from "../case/case.ts";
import { KnitboneError } from "../errors.ts";
import { describeFlag, type FlagAnswer } from "../flag/flag.ts";
import { describeRef } from "../kubernetes/object-ref.ts";
import type { Log, LogFields } from "../log/log.ts";
import type { RailAnswer } from "../rail/rail.ts";
import type { Instant } from "../time/clock.ts";
import { minutes } from "../time/duration.ts";
import { fileCase, sendWakeUp } from "./case-desk.ts";
import type { Healer, HealerFacts } from "./healer.ts";
import type { HealerMessage, ObjectMessage, WakeUp } from "./healer-message.ts";
import { flagHold, holdBeforeRead } from "./hold-before-read.ts";
import type { Handled } from "./look.ts";
import { lookAt } from "./look-at.ts";
import { parseHealerMessage } from "./parse-healer-message.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import { beginRounds, goRound } from "./rounds.ts";
import { endWord } from "./word.ts";

/** A wake-up that comes while its healer is switched off comes again after this: one message of the longest delay that SQS takes. */
const asleepMs = minutes(14);

/** What the queue says of a message. */
export interface MessageRecord {
  readonly messageId: string;
  readonly sentAt: Instant;
  readonly receiveCount: number;
}

export type Pipeline = (body: string, record: MessageRecord) => Promise<Handled>;

/** Handles one message at a time. Resolves when the message may be forgotten; throws when it must come again. */
export function pipeline<Facts extends HealerFacts, Reason extends string>(
  healer: Healer<Facts, Reason>,
  deps: PipelineDeps,
): Pipeline {
  return async (body, record) => {
    const parsed = parseHealerMessage(body);
    if (parsed.kind === "malformed") return quarantine(deps, body, record, parsed.code, parsed.detail);
    const { message } = parsed;
    if (message.healer !== healer.name) {
      return quarantine(deps, body, record, "SchemaViolation", `addressed to ${message.healer}, not ${healer.name}`);
    }
    const handled = await handle(healer, deps, message, record.receiveCount > 1);
    deps.metrics.count("Handled", 1, { result: handled.kind });
    return handled;
  };
}

function handle<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  message: HealerMessage,
  isAgain: boolean,
): Promise<Handled> | Handled {
  switch (message.kind) {
    case "rounds":
      return beginRounds(healer, deps);
    case "round":
      return goRound(healer, deps, message);
    case "sighting": {
      const isOurs = message.byItself === true || message.handedOver === true;
      const isForeign = message.delta === "suspect" && !isOurs && !healer.concerns(message);
      return isForeign ? { kind: "NotConcerned" } : road(healer, deps, message, isAgain);
    }
    case "wakeUp":
      return road(healer, deps, message, isAgain);
    case "word":
      return endWord(deps, message);
  }
}

async function quarantine(
  deps: PipelineDeps,
  body: string,
  record: MessageRecord,
  code: string,
  detail: string,
): Promise<Handled> {
  // SQS takes neither an empty body nor an empty attribute.
  const kept = { body: body || "(empty)", attributes: { code, detail: detail.slice(0, 256) || code } };
  const [sent] = await deps.quarantine.send([kept]);
  if (sent?.kind !== "sent") {
    throw new KnitboneError(
      "QueueUnavailable",
      `quarantining message ${record.messageId}: ${sent?.code ?? "no answer"}`,
      { retryable: true },
    );
  }
  deps.log.error("Message quarantined", { code, detail, messageId: record.messageId });
  deps.metrics.count("Quarantined", 1, { code });
  return { kind: "Quarantined", reason: code };
}

async function road<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  message: ObjectMessage,
  isAgain: boolean,
): Promise<Handled> {
  const { cluster: id, object } = message;
  const namespace = object.namespace;
  const flag = await deps.flags.mode(
    { healer: healer.name, cluster: id, ...(namespace === "" ? {} : { namespace }) },
    "recent",
  );
  const log = deps.log
    .with({ cluster: id, object: describeRef(object), uid: object.uid, traceId: message.traceId })
    .at(flag.logLevel);
  log.debug("Taken up", describeMessage(message, flag));
  const handled = await follow(healer, deps, message, isAgain, flag, log);
  log.debug("Done with", { result: handled.kind, reason: handled.reason });
  return handled;
}

function describeMessage(message: ObjectMessage, flag: FlagAnswer): LogFields {
  const seen = message.kind === "sighting" ? { delta: message.delta, signals: message.signals.join(" ") } : {};
  return { message: message.kind, ...seen, flag: flag.kind === "mode" ? describeFlag(flag.row) : flag.kind };
}

async function follow<Facts extends HealerFacts>(
  healer: Healer<Facts>,
  deps: PipelineDeps,
  message: ObjectMessage,
  isAgain: boolean,
  flag: FlagAnswer,
  log: Log,
): Promise<Handled> {
  const { cluster: id, object } = message;
  const mode = flag.kind === "mode" ? flag.mode : "observe";

  const key: CaseKey = { healer: healer.name, cluster: id, uid: object.uid };
  const [state, stored] = await Promise.all([deps.clusters.state(id), deps.cases.load(key)]);
  if (state.registered === undefined) {
    log.warn("Cluster is not registered: message dropped");
    return { kind: "NotRegistered" };
  }
  const now = deps.clock.now();
  if (mode === "off" && !mayEnd(message, stored)) return sleepOn(deps, message, isAgain, stored, now);
  const early = await tooEarly(deps, message, isAgain, stored, mode, now);
  if (early !== undefined) return early;
  const openCase = openedCase(stored, key, message, now);

  const hold = holdBeforeRead(flag, state, now);
  if (hold !== undefined || flag.kind !== "mode") return held(deps, openCase, hold ?? flagHold(flag), mode);

  return lookAt({
    healer,
    deps,
    message,
    openCase,
    isNew: stored?.state !== "open",
    mode: flag.mode,
    flag: flag.row,
    state,
    registered: state.registered,
    log,
  });
}

/** A healer that was switched off still sees its own last write through and closes what has ended: both only read. */
function mayEnd(message: ObjectMessage, stored: Case | undefined): boolean {
  if (stored?.state !== "open") return false;
  return stored.pending !== undefined || (message.kind === "sighting" && message.delta === "gone");
}

/**
 * Nothing is read while it is switched off. A wake-up is put off rather than dropped: an open case whose object went while nobody could look (an API server
 * that did not answer) hears of it from nobody else, neither from the resync nor by another word that it is gone.
 */
async function sleepOn(
  deps: PipelineDeps,
  message: ObjectMessage,
  isAgain: boolean,
  stored: Case | undefined,
  now: Instant,
): Promise<Handled> {
  if (message.kind === "wakeUp" && stored?.state === "open" && (isAgain || stored.version === message.caseVersion)) {
    await sendWakeUp(deps, stored, Math.max(message.dueAt, now + asleepMs), 0);
  }
  return { kind: "SwitchedOff" };
}

/** Whether this message is to be dropped before anything is read from the cluster. */
async function tooEarly(
  deps: PipelineDeps,
  message: ObjectMessage,
  isAgain: boolean,
  stored: Case | undefined,
  mode: string,
  now: Instant,
): Promise<Handled | undefined> {
  if (message.kind === "wakeUp") return notDue(deps, message, isAgain, stored, now);
  const isOpen = stored?.state === "open";
  if (message.delta !== "suspect") return isOpen ? undefined : { kind: "NothingOpen" };
  if (!isOpen || stored.nextLookAt === undefined || stored.nextLookAt <= now) return undefined;
  const modeChanged = stored.verdict !== undefined && stored.verdict.mode !== mode;
  return modeChanged && stored.pending === undefined ? undefined : { kind: "TooEarly" };
}

/** A wake-up of a case that has gone on, or one that is not due. */
async function notDue(
  deps: PipelineDeps,
  message: WakeUp,
  isAgain: boolean,
  stored: Case | undefined,
  now: Instant,
): Promise<Handled | undefined> {
  if (stored?.version === message.caseVersion) {
    if (message.dueAt <= now) return undefined;
    await sendWakeUp(deps, stored, message.dueAt, message.hops + 1);
    return { kind: "Rearmed" };
  }
  if (!isAgain || stored?.state !== "open") return { kind: "Superseded" };
  // The process that had it may have died between the case row and the wake-up for it, and of an object that went unseen nobody else speaks. One wake-up too
  // many does no harm: it is dropped once the case has gone on.
  await sendWakeUp(deps, stored, Math.max(stored.nextLookAt ?? now, now), 0);
  return { kind: "Rearmed" };
}

function openedCase(stored: Case | undefined, key: CaseKey, message: ObjectMessage, now: Instant): Case {
  if (stored?.state === "open") return stored;
  return reopenedCase(stored, key, message.object, message.traceId, now);
}

async function held(
  deps: PipelineDeps,
  openCase: Case,
  hold: RailAnswer,
  mode: "act" | "observe" | "off",
): Promise<Handled> {
  if (hold.kind !== "wait")
    throw new KnitboneError("ConfigInvalid", `holding a case: a rail before the read answered ${hold.kind}`);
  const now = deps.clock.now();
  const nextLookAt = now + hold.forMs;
  const filed = await fileCase(
    deps,
    openCase,
    {
      verdict: {
        kind: "wait",
        reason: hold.reason,
        message: hold.message,
        at: now,
        mode: mode === "act" ? "act" : "observe",
      },
      nextLookAt,
    },
    nextLookAt,
  );
  deps.metrics.count("Held", 1, { reason: hold.reason });
  return filed === "conflict" ? { kind: "Superseded" } : { kind: "Held", reason: hold.reason };
}
