import type { ApiConnection } from "../../shared/cluster/connection.ts";
import { describeError } from "../../shared/errors.ts";
import { type Raw, rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { ClusterTime } from "./cluster-time.ts";
import type { ForwarderMetrics } from "./metrics.ts";
import { listResource } from "./resource-list.ts";
import type { ResourceSink } from "./resource-sink.ts";
import { isOlderVersion } from "./resource-version.ts";
import { type WatchEnding, watchPauses } from "./watch-ending.ts";
import type { WatchLine } from "./watch-lines.ts";
import { readWatch } from "./watch-stream.ts";
import type { WatchedResource } from "./watched-resource.ts";

/** How far a loop is and when it last heard anything, in monotonic milliseconds. */
export interface WatchStatus {
  readonly synced: boolean;
  /** The watch is open now. */
  readonly watching: boolean;
  /** Last byte (or header) from the server; undefined before the first. */
  readonly lastByteAt?: number;
  /** Last time the loop itself did something: began or ended a request, or read. A stuck loop stands still here. Undefined before it runs. */
  readonly lastActiveAt?: number;
  /** Why the last request or stream ended badly; gone once one goes well. */
  readonly trouble?: string;
}

export interface WatchLoop {
  /** Lists and watches until `signal` aborts. Never gives up: every failure is counted, logged and tried again with full jitter. */
  run(signal: AbortSignal): Promise<void>;
  status(): WatchStatus;
  /** Resolves with the first whole list. */
  readonly synced: Promise<void>;
}

export interface WatchLoopOptions {
  readonly resource: WatchedResource;
  readonly sink: ResourceSink;
  readonly connection: ApiConnection;
  readonly clock: Clock;
  readonly time: ClusterTime;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ForwarderMetrics;
  /** See ForwarderSettings. */
  readonly watchIdleMs: number;
  readonly compareEveryMs: number;
}

/** The server ends a watch after this and up to a minute more, so that the four do not reconnect together. */
const watchTimeoutSeconds = 300;

/**
 * One resource:
 *
 *   list ──whole──► watch ──ended, idle──► watch from where it stood
 *    ▲ └─trouble─┐    ├──broken──► pause, watch from where it stood
 *    └───pause───┘    ├──410, garbage, our own failure──► list
 *                     └──ended, and the time has come──► list, compared with what is known (S0-70), watch
 */
export function watchLoop(options: WatchLoopOptions): WatchLoop {
  const { resource, sink, connection, clock, time, random, metrics, watchIdleMs, compareEveryMs } = options;
  const log = options.log.with({ resource: resource.name });
  const pauses = watchPauses(random);
  const syncedOnce = Promise.withResolvers<void>();
  let synced = false;
  let lastByteAt: number | undefined;
  let lastActiveAt: number | undefined;
  let trouble: string | undefined;
  /** When the current stream was opened; undefined while none is. */
  let openedAt: number | undefined;
  /** Where the watch stands; undefined: a list is needed. */
  let position: string | undefined;
  /** When the next list is to be compared with what is known, in monotonic milliseconds. */
  let compareAt = Number.POSITIVE_INFINITY;
  /** The newest version that was ever seen here: what comes from an older one is time travel. */
  let newest = "";

  const active = () => {
    lastActiveAt = clock.monotonic();
  };
  const heard = () => {
    active();
    lastByteAt = lastActiveAt;
  };

  function moveTo(version: string): void {
    position = version;
    newest = version;
  }

  /** A quarter earlier or later, so that a fleet does not list together. */
  function compareLater(): void {
    compareAt = clock.monotonic() + compareEveryMs * (0.75 + random.next() / 2);
  }

  /** Lists are quorum reads: one that is older than what we have seen comes from another cluster or a restored etcd (K13). */
  function expectProgress(listed: string): void {
    if (!isOlderVersion(listed, newest)) return;
    log.error("resourceVersion went back: another cluster, or an etcd restore", { from: newest, to: listed });
    metrics.versionWentBack(resource.name);
    newest = listed;
    sink.rewound();
  }

  function handlerFailed(object: Raw, error: unknown): void {
    const metadata = rawObject(object["metadata"]);
    metrics.handlerError(resource.name);
    log.error("handling an object", {
      namespace: rawText(metadata["namespace"]),
      name: rawText(metadata["name"]),
      uid: rawText(metadata["uid"]),
      err: describeError(error),
    });
  }

  /** Reads everything. One object that our own code cannot take is counted, logged and left out, or it would block all others for ever. */
  async function list(signal: AbortSignal): Promise<WatchEnding> {
    const uids = new Set<string>();
    const stoodAt = position;
    let drifted = 0;
    const result = await listResource(connection, resource, clock, signal, {
      onAnswer(answer, sentAt) {
        heard();
        time.learn(answer.headers, sentAt);
        expectProgress(rawText(rawObject(rawObject(answer.body)["metadata"])["resourceVersion"]) ?? "");
      },
      onItem(item) {
        const { uid, version } = identityOf(item);
        uids.add(uid);
        if (stoodAt !== undefined) {
          if (sink.has(uid, version)) return;
          // What is newer than where the watch stood is news. This the watch had passed, and must have brought.
          if (!isOlderVersion(stoodAt, version)) drifted += 1;
        }
        try {
          sink.seen(item);
        } catch (error) {
          handlerFailed(item, error);
        }
      },
    });
    if (result.kind === "expired") return { kind: "relist", cause: "expired", words: "the list's pages expired" };
    if (result.kind === "refused") return { kind: "broken", words: result.words, retryAfterMs: result.retryAfterMs };
    sink.listed(uids);
    metrics.listed(resource.name, synced);
    moveTo(result.resourceVersion);
    compareLater();
    if (stoodAt !== undefined) {
      metrics.compared(resource.name, drifted);
      const words = { objects: uids.size, drifted };
      if (drifted > 0) log.warn("compared with a whole list: what was missed is taken now", words);
      else log.debug("compared with a whole list", words);
    }
    if (!synced) {
      synced = true;
      log.info("listed", { objects: uids.size, resourceVersion: result.resourceVersion });
      syncedOnce.resolve();
    }
    return { kind: "clean" };
  }

  function watch(from: string, signal: AbortSignal): Promise<WatchEnding> {
    const sentAt = clock.monotonic();
    return readWatch({
      connection,
      clock,
      resource,
      from,
      timeoutSeconds: watchTimeoutSeconds + Math.floor(random.next() * 60),
      idleMs: watchIdleMs,
      signal,
      onAnswer({ headers }) {
        heard();
        time.learn(headers, sentAt);
      },
      onOpen() {
        openedAt = clock.monotonic();
        trouble = undefined;
        sink.watching();
      },
      onBytes: heard,
      onIdle() {
        metrics.watchIdle(resource.name);
        log.debug("nothing came for a while, opening the watch anew", { idleMs: watchIdleMs });
      },
      onLine: takeLine,
    });
  }

  /** The position moves only past what was taken. */
  function takeLine(line: WatchLine): WatchEnding | undefined {
    switch (line.kind) {
      case "garbage":
        metrics.garbageLine(resource.name);
        return { kind: "relist", cause: "garbage", words: line.words };
      case "error":
        return line.gone
          ? { kind: "relist", cause: "expired", words: line.words }
          : { kind: "broken", words: line.words };
      case "bookmark":
        moveTo(line.resourceVersion);
        return undefined;
      case "changed":
      case "deleted":
        metrics.watchEvent(resource.name, line.kind);
        try {
          if (line.kind === "changed") sink.seen(line.object);
          else sink.deleted(line.object);
        } catch (error) {
          handlerFailed(line.object, error);
          return { kind: "relist", cause: "handler", words: describeError(error) };
        }
        moveTo(line.resourceVersion);
        return undefined;
    }
  }

  function note(ending: WatchEnding): void {
    if (ending.kind === "clean") return;
    trouble = ending.words;
    metrics.watchEnded(resource.name, ending.kind === "relist" ? ending.cause : "broken");
    const fields = { err: ending.words, failures: pauses.failures() };
    if (ending.kind === "relist" && ending.cause === "expired") log.info("listing again: history expired", fields);
    else log.warn(ending.kind === "relist" ? "listing again" : "request or watch failed", fields);
    if (ending.kind === "relist") position = undefined;
  }

  /** One that fails is put off: the watch goes on from where it stood, and blindness for the sake of a comparison would be the worse. */
  async function compare(signal: AbortSignal): Promise<void> {
    compareLater();
    try {
      const ending = await list(signal);
      if (ending.kind !== "clean") log.warn("comparing with a whole list", { err: ending.words });
    } catch (error) {
      log.warn("comparing with a whole list", { err: describeError(error) });
    }
  }

  async function round(signal: AbortSignal): Promise<WatchEnding> {
    active();
    try {
      if (position !== undefined && clock.monotonic() >= compareAt) await compare(signal);
      if (position === undefined) {
        const ending = await list(signal);
        if (ending.kind !== "clean" || signal.aborted) return ending;
      }
      return position === undefined ? { kind: "clean" } : await watch(position, signal);
    } catch (error) {
      return { kind: "broken", words: describeError(error) };
    } finally {
      active();
    }
  }

  return {
    synced: syncedOnce.promise,
    status: () => ({
      synced,
      watching: openedAt !== undefined,
      ...(lastByteAt === undefined ? {} : { lastByteAt }),
      ...(lastActiveAt === undefined ? {} : { lastActiveAt }),
      ...(trouble === undefined ? {} : { trouble }),
    }),
    async run(signal) {
      while (!signal.aborted) {
        const ending = await round(signal);
        const livedMs = openedAt === undefined ? 0 : clock.monotonic() - openedAt;
        openedAt = undefined;
        if (signal.aborted) return;
        const pause = pauses.after(ending, livedMs);
        note(ending);
        if (pause > 0) await clock.sleep(pause, signal);
      }
    },
  };
}

function identityOf(item: Raw): { readonly uid: string; readonly version: string } {
  const metadata = rawObject(item["metadata"]);
  return { uid: rawText(metadata["uid"]) ?? "", version: rawText(metadata["resourceVersion"]) ?? "" };
}
