import type { ApiAnswer, ApiConnection, ApiStream } from "../../shared/cluster/connection.ts";
import { describeError } from "../../shared/errors.ts";
import { type Raw, rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { ClusterTime } from "./cluster-time.ts";
import type { ForwarderMetrics } from "./metrics.ts";
import { describeRefusal, listResource } from "./resource-list.ts";
import type { ResourceSink } from "./resource-sink.ts";
import { isOlderVersion } from "./resource-version.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { lineSplitter, parseWatchLine, type WatchLine } from "./watch-lines.ts";
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
}

/** How a round ended, and what the next one is. */
type Ending =
  /** The server ended the stream in order: go on from where it stood. */
  | { readonly kind: "clean" }
  /** Go on from where it stood, but not at once. */
  | { readonly kind: "broken"; readonly words: string; readonly retryAfterMs?: number }
  /** Where it stood is of no use any more: list again. */
  | { readonly kind: "relist"; readonly cause: "expired" | "garbage" | "handler"; readonly words: string };

const headersTimeoutMs = 10_000;
/** The server ends a watch after this and up to a minute more, so that the four do not reconnect together. */
const watchTimeoutSeconds = 300;
/** A stream that lived so long proves that the failures before it are over. */
const stableMs = 10_000;
/** A server that ends watches faster than this "in order" is not in order. */
const hastyMs = 1_000;
/** An object is at most 1.5 MB in etcd; a line that goes on beyond this will not end. */
const longestLineBytes = 16 * 2 ** 20;

export function watchLoop(options: WatchLoopOptions): WatchLoop {
  const { resource, sink, connection, clock, time, random, metrics, watchIdleMs } = options;
  const log = options.log.with({ resource: resource.name });
  let synced = false;
  let watching = false;
  let lastByteAt: number | undefined;
  let lastActiveAt: number | undefined;
  let trouble: string | undefined;
  /** Where the watch stands; undefined: a list is needed. */
  let position: string | undefined;
  /** The newest version that was ever seen here: what comes from an older one is time travel. */
  let newest = "";
  /** When the current stream was opened. */
  let openedAt: number | undefined;
  let failures = 0;
  let resolveSynced: () => void = () => {};
  const syncedOnce = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });

  const active = () => {
    lastActiveAt = clock.monotonic();
  };
  const heard = () => {
    active();
    lastByteAt = lastActiveAt;
  };

  /** Reads everything. One object that our own code cannot take is counted, logged and left out, or it would block all others for ever. */
  async function list(signal: AbortSignal): Promise<Ending> {
    const uids = new Set<string>();
    const take = (item: Raw) => {
      const uid = rawText(rawObject(item["metadata"])["uid"]) ?? "";
      uids.add(uid);
      try {
        sink.seen(item);
      } catch (error) {
        handlerFailed(item, error);
      }
    };
    const onAnswer = (answer: ApiAnswer, sentAt: number) => {
      heard();
      time.learn(answer.headers, sentAt);
      expectProgress(rawText(rawObject(rawObject(answer.body)["metadata"])["resourceVersion"]) ?? "");
    };
    const result = await listResource(connection, resource, clock, signal, onAnswer, take);
    if (result.kind === "expired") return { kind: "relist", cause: "expired", words: "the list's pages expired" };
    if (result.kind === "refused") return { kind: "broken", words: result.words, retryAfterMs: result.retryAfterMs };
    sink.listed(uids);
    metrics.listed(resource.name, synced);
    moveTo(result.resourceVersion);
    if (!synced) {
      synced = true;
      log.info("listed", { objects: uids.size, resourceVersion: result.resourceVersion });
      resolveSynced();
    }
    return { kind: "clean" };
  }

  function moveTo(version: string): void {
    position = version;
    newest = version;
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

  async function watch(from: string, signal: AbortSignal): Promise<Ending> {
    // Aborts the stream when it ends for whatever reason, so that neither it nor the watchdog is left behind.
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    let idle = false;
    const sentAt = clock.monotonic();
    try {
      const stream = await connection.stream({
        method: "GET",
        path: resource.path,
        query: {
          ...resource.query,
          watch: "1",
          allowWatchBookmarks: "true",
          resourceVersion: from,
          timeoutSeconds: String(watchTimeoutSeconds + Math.floor(random.next() * 60)),
        },
        timeoutMs: headersTimeoutMs,
        signal: both,
      });
      heard();
      time.learn(stream.headers, sentAt);
      void watchdog(over.signal).then((bitten) => {
        idle = bitten;
        over.abort();
      });
      if (stream.status === 410) return { kind: "relist", cause: "expired", words: "410 on opening" };
      if (stream.status !== 200) return { kind: "broken", ...(await refusalOf(stream)) };
      watching = true;
      openedAt = clock.monotonic();
      trouble = undefined;
      sink.watching();
      const ending = await read(stream);
      return idle ? idleEnding() : ending;
    } catch (error) {
      if (idle) return idleEnding();
      throw error;
    } finally {
      watching = false;
      over.abort();
    }
  }

  /** No failure: a resource without bookmarks (events, where the server keeps no cache of them) may simply be quiet. */
  function idleEnding(): Ending {
    metrics.watchIdle(resource.name);
    log.debug("nothing came for a while, opening the watch anew", { idleMs: watchIdleMs });
    return { kind: "clean" };
  }

  /** Resolves with true once nothing was heard for `watchIdleMs`; with false when the stream is over. */
  async function watchdog(over: AbortSignal): Promise<boolean> {
    while (!over.aborted) {
      const left = (lastByteAt ?? 0) + watchIdleMs - clock.monotonic();
      if (left <= 0) return true;
      await clock.sleep(left, over);
    }
    return false;
  }

  async function read(stream: ApiStream): Promise<Ending> {
    const splitter = lineSplitter();
    for await (const chunk of stream.chunks) {
      heard();
      for (const text of splitter.push(chunk)) {
        const ending = takeLine(parseWatchLine(text));
        if (ending !== undefined) return ending;
      }
      if (splitter.rest() > longestLineBytes) return garbage("a line without end");
    }
    return splitter.rest() > 0 ? { kind: "broken", words: "the stream was cut inside a line" } : { kind: "clean" };
  }

  function garbage(words: string): Ending {
    metrics.garbageLine(resource.name);
    return { kind: "relist", cause: "garbage", words };
  }

  /** Takes one line; an ending when the stream is of no more use. The position moves only past what was taken. */
  function takeLine(line: WatchLine): Ending | undefined {
    switch (line.kind) {
      case "garbage":
        return garbage(line.words);
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

  /** How long to stay away after this ending. */
  function pauseAfter(ending: Ending): number {
    const livedMs = openedAt === undefined ? 0 : clock.monotonic() - openedAt;
    if (livedMs >= stableMs) failures = 0;
    if (ending.kind === "clean" && livedMs >= hastyMs) return 0;
    failures += 1;
    // One expiry is ordinary life; a second in a row is not.
    if (ending.kind === "relist" && ending.cause === "expired" && failures === 1) return 0;
    const jittered = retryDelayMs(failures, random);
    return ending.kind === "broken" ? Math.max(jittered, ending.retryAfterMs ?? 0) : jittered;
  }

  function note(ending: Ending): void {
    if (ending.kind === "clean") return;
    trouble = ending.words;
    metrics.watchEnded(resource.name, ending.kind === "relist" ? ending.cause : "broken");
    const fields = { err: ending.words, failures };
    if (ending.kind === "relist" && ending.cause === "expired") log.info("listing again: history expired", fields);
    else log.warn(ending.kind === "relist" ? "listing again" : "request or watch failed", fields);
    if (ending.kind === "relist") position = undefined;
  }

  async function round(signal: AbortSignal): Promise<Ending> {
    active();
    try {
      if (position === undefined) {
        const ending = await list(signal);
        if (ending.kind !== "clean" || signal.aborted) return ending;
        active();
      }
      return position === undefined ? { kind: "clean" } : await watch(position, signal);
    } catch (error) {
      return { kind: "broken", words: describeError(error) };
    } finally {
      active();
    }
  }

  return {
    synced: syncedOnce,
    status: () => ({
      synced,
      watching,
      ...(lastByteAt === undefined ? {} : { lastByteAt }),
      ...(lastActiveAt === undefined ? {} : { lastActiveAt }),
      ...(trouble === undefined ? {} : { trouble }),
    }),
    async run(signal) {
      while (!signal.aborted) {
        openedAt = undefined;
        const ending = await round(signal);
        if (signal.aborted) return;
        const pause = pauseAfter(ending);
        note(ending);
        if (pause > 0) await clock.sleep(pause, signal);
      }
    },
  };
}

async function refusalOf(stream: ApiStream): Promise<{ readonly words: string; readonly retryAfterMs: number }> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream.chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 10_000) break;
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return describeRefusal({ status: stream.status, headers: stream.headers, body });
}
