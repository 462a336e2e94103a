import type { ClusterReport } from "../../shared/delta/cluster-report.ts";
import type { Delta } from "../../shared/delta/delta.ts";
import { describeError } from "../../shared/errors.ts";
import { describeRef } from "../../shared/kubernetes/object-ref.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Queue, SendResult } from "../../shared/queue/queue.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { ForwarderMetrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { deltasBody, encodeDelta, fits, reportBody, type Sender } from "./pack.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { sequenceNumbers } from "./sequence-numbers.ts";
import type { ForwarderSettings } from "./settings.ts";

/** A report without what only the sender knows. */
export type UnsentReport = Omit<ClusterReport, "sent" | "coalesced">;

/** The one road to the queue. One call at a time; what the queue did not acknowledge is sent again as it was, and newer states wait behind it. */
export interface DeltaSender {
  /** Sends until `signal` aborts, or until nothing is left once `drain` was called. */
  run(signal: AbortSignal): Promise<void>;
  /** Replaces a report that was not sent yet. */
  offer(report: UnsentReport): void;
  drain(): void;
  status(): { readonly lastSend: "none" | "ok" | "failed"; readonly lastOkAt?: number; readonly left: number };
}

export interface SenderOptions {
  readonly sender: Sender;
  readonly queue: Queue;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ForwarderMetrics;
  readonly settings: Pick<ForwarderSettings, "lingerMs" | "milestoneLingerMs" | "reportEveryMs">;
}

interface Part {
  readonly key: string;
  readonly json: string;
  readonly delta: Delta;
}

/** Packed and not acknowledged. */
interface InFlight {
  readonly sequence: number;
  readonly parts: readonly Part[];
  readonly body: string;
}

/** SQS takes ten entries at a time. */
const batchLimit = 10;
const farAwayMs = 3_600_000;
const retryBaseMs = 1_000;
const retryCapMs = 30_000;
/** Who is about to end tries oftener. */
const drainRetryMs = 1_000;

export function deltaSender(options: SenderOptions): DeltaSender {
  const { sender, queue, outbox, clock, random, log, metrics, settings } = options;
  const numbers = sequenceNumbers();
  let inFlight: InFlight[] = [];
  let report: { readonly report: UnsentReport; readonly offeredAt: number } | undefined;
  let reportFailed = false;
  let failures = 0;
  /** Nothing is sent before this: the queue did not answer. */
  let blockedUntil = 0;
  let lastSendAt = Number.NEGATIVE_INFINITY;
  let lastSend: "none" | "ok" | "failed" = "none";
  let lastOkAt: number | undefined;
  let draining = false;
  let wake = new AbortController();

  function pack(parts: readonly Part[]): InFlight {
    const sequence = numbers.next();
    return {
      sequence,
      parts,
      body: deltasBody(
        sender,
        sequence,
        parts.map((each) => each.json),
      ),
    };
  }

  /** Packs what waits into messages as full as they go. An object whose last message is not acknowledged yet stays in the outbox. */
  function fill(): void {
    const except = new Set(inFlight.flatMap((message) => message.parts.map((part) => part.key)));
    let open: Part[] = [];
    let used = 0;
    const close = () => {
      if (open.length > 0) inFlight.push(pack(open));
      open = [];
      used = 0;
    };
    outbox.take(except, (waiting) => {
      // What is told of one object is at most two deltas, so at most two more messages.
      if (inFlight.length + 1 + waiting.deltas.length > batchLimit) return false;
      for (const delta of waiting.deltas) {
        const { json, cut } = encodeDelta(delta);
        if (cut) metrics.stateCut();
        if (!fits(used, json)) close();
        open.push({ key: waiting.key, json, delta });
        used += json.length + 1;
      }
      return true;
    });
    close();
  }

  async function callQueue(bodies: readonly string[]): Promise<readonly SendResult[]> {
    lastSendAt = clock.monotonic();
    try {
      return await queue.send(bodies.map((body) => ({ body, group: sender.cluster })));
    } catch (error) {
      // The queue took nothing for certain: everything is sent again. A consumer can live with what it sees twice.
      const code = error instanceof Error && "code" in error ? String(error.code) : "QueueUnavailable";
      log.warn("sending to the queue", { err: describeError(error), failures: failures + 1 });
      return bodies.map(() => ({ kind: "failed", code, permanent: false }));
    }
  }

  function noteSend(results: readonly SendResult[]): void {
    const anySent = results.some((each) => each.kind === "sent");
    const anyFailed = results.some((each) => each.kind === "failed" && !each.permanent);
    for (const each of results) {
      if (each.kind === "failed") metrics.sendFailed(each.code);
    }
    lastSend = anyFailed || !anySent ? "failed" : "ok";
    if (anySent) {
      failures = 0;
      lastOkAt = clock.monotonic();
    }
    if (anyFailed) {
      failures += 1;
      const capMs = draining ? drainRetryMs : retryCapMs;
      blockedUntil = clock.monotonic() + retryDelayMs(failures, random, retryBaseMs, capMs);
    }
  }

  async function sendDeltas(): Promise<void> {
    fill();
    const batch = inFlight.slice(0, batchLimit);
    if (batch.length === 0) return;
    const results = await callQueue(batch.map((each) => each.body));
    noteSend(batch.map((_, at) => results[at] ?? unanswered));
    batch.forEach((message, at) => {
      settle(message, results[at] ?? unanswered);
    });
  }

  function settle(message: InFlight, result: SendResult): void {
    if (result.kind === "failed" && !result.permanent) return;
    inFlight = inFlight.filter((each) => each !== message);
    if (result.kind === "sent") {
      metrics.sent(message.parts.map((each) => each.delta.kind));
      return;
    }
    numbers.abandon(message.sequence);
    refused(message, result.code);
  }

  /** The message itself is refused: halved until the one delta that is to blame stands alone; that one is dropped, by name. */
  function refused(message: InFlight, code: string): void {
    const [first] = message.parts;
    if (message.parts.length === 1 && first !== undefined) {
      const { object, kind, traceId } = first.delta;
      metrics.dropped();
      log.error("the queue refuses a delta, dropped", {
        object: describeRef(object),
        uid: object.uid,
        kind,
        code,
        traceId,
      });
      return;
    }
    const middle = Math.ceil(message.parts.length / 2);
    inFlight.push(pack(message.parts.slice(0, middle)), pack(message.parts.slice(middle)));
  }

  /** Built into a message anew for each try, and given up once it is old: a report that waited for the queue would make an old view look new. */
  async function sendReport(fresh: UnsentReport): Promise<boolean> {
    const sent = numbers.acknowledged(inFlight.map((each) => each.sequence));
    const sequence = numbers.next();
    const { body, cut } = reportBody(sender, sequence, {
      ...(sent === undefined ? {} : { sent }),
      ...fresh,
      coalesced: outbox.coalesced(),
    });
    if (cut) log.warn("the report does not fit a message: capacity is left out", { bytes: body.length });
    const [result = unanswered] = await callQueue([body]);
    noteSend([result]);
    if (result.kind === "sent") {
      report = report?.report === fresh ? undefined : report;
      metrics.reported("sent");
      return true;
    }
    numbers.abandon(sequence);
    metrics.reported("failed");
    if (result.permanent) {
      report = undefined;
      log.error("the queue refuses a cluster report, dropped", { code: result.code, bytes: body.length });
    }
    return false;
  }

  function reportDue(): UnsentReport | undefined {
    if (report !== undefined && clock.monotonic() - report.offeredAt >= settings.reportEveryMs) {
      report = undefined;
      metrics.reported("outdated");
    }
    return draining ? undefined : report?.report;
  }

  /** When there is something to do next, monotonic milliseconds; undefined: nothing at all. */
  function dueAt(): number | undefined {
    const moments: number[] = [];
    if (inFlight.length > 0 || reportDue() !== undefined) moments.push(0);
    if (outbox.urgent() > 0) moments.push(draining ? 0 : lastSendAt + settings.lingerMs);
    const { since } = outbox.milestones();
    if (since !== undefined) moments.push(draining ? 0 : since + settings.milestoneLingerMs);
    return moments.length === 0 ? undefined : Math.max(blockedUntil, Math.min(...moments));
  }

  /** A report goes first, but one that fails lets deltas pass before it is tried again. */
  async function step(): Promise<void> {
    const fresh = reportDue();
    const deltasWait = inFlight.length > 0 || outbox.urgent() > 0;
    const reportNow = fresh !== undefined && !(reportFailed && deltasWait);
    reportFailed = reportNow && !(await sendReport(fresh));
    if (!reportNow) await sendDeltas();
  }

  outbox.onPut(() => wake.abort());
  return {
    offer(given) {
      report = { report: given, offeredAt: clock.monotonic() };
      wake.abort();
    },
    drain() {
      draining = true;
      blockedUntil = 0;
      wake.abort();
    },
    status: () => ({
      lastSend,
      ...(lastOkAt === undefined ? {} : { lastOkAt }),
      left:
        outbox.urgent() + outbox.milestones().count + inFlight.reduce((total, each) => total + each.parts.length, 0),
    }),
    async run(signal) {
      const stop = () => wake.abort();
      signal.addEventListener("abort", stop, { once: true });
      while (!signal.aborted) {
        wake = new AbortController();
        const due = dueAt();
        if (due === undefined && draining) break;
        const pause = (due ?? clock.monotonic() + farAwayMs) - clock.monotonic();
        if (pause > 0) await clock.sleep(Math.ceil(pause), wake.signal);
        else await step();
      }
      signal.removeEventListener("abort", stop);
    },
  };
}

const unanswered: SendResult = { kind: "failed", code: "NoResult", permanent: false };
