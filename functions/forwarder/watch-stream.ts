import type { ApiConnection, ApiStream } from "../../shared/cluster/connection.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { describeRefusal } from "./resource-list.ts";
import type { WatchEnding } from "./watch-ending.ts";
import { lineSplitter, parseWatchLine, type WatchLine } from "./watch-lines.ts";
import type { WatchedResource } from "./watched-resource.ts";

export interface WatchStreamOptions {
  readonly connection: ApiConnection;
  readonly clock: Clock;
  readonly resource: WatchedResource;
  /** The version to go on from. */
  readonly from: string;
  /** The server ends the stream after this. */
  readonly timeoutSeconds: number;
  /** The stream is given up when nothing came for so long. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Headers came, whatever they say. */
  readonly onAnswer: (stream: ApiStream) => void;
  /** They say 200. */
  readonly onOpen: () => void;
  readonly onBytes: () => void;
  readonly onIdle: () => void;
  /** Takes one line; an ending when the stream is of no more use. */
  readonly onLine: (line: WatchLine) => WatchEnding | undefined;
}

const headersTimeoutMs = 10_000;
/** An object is at most 1.5 MB in etcd; a line that goes on beyond this will not end. */
const longestLineBytes = 16 * 2 ** 20;

/** Opens one watch and hands on its lines until it ends, one way or another. Throws only what the connection throws. */
export async function readWatch(options: WatchStreamOptions): Promise<WatchEnding> {
  const { connection, clock, resource, idleMs } = options;
  // Aborts the stream when it ends for whatever reason, so that neither it nor the watchdog is left behind.
  const over = new AbortController();
  let heardAt = clock.monotonic();
  let idle = false;

  /** Resolves once nothing was heard for `idleMs`, or the stream is over. */
  async function watchdog(): Promise<void> {
    while (!over.signal.aborted) {
      const left = heardAt + idleMs - clock.monotonic();
      if (left > 0) await clock.sleep(left, over.signal);
      else {
        idle = true;
        over.abort();
      }
    }
  }

  async function read(stream: ApiStream): Promise<WatchEnding> {
    const splitter = lineSplitter();
    for await (const chunk of stream.chunks) {
      heardAt = clock.monotonic();
      options.onBytes();
      const lines = splitter.push(chunk).map(parseWatchLine);
      if (splitter.rest() > longestLineBytes) lines.push({ kind: "garbage", words: "a line without end" });
      const ending = takeAll(lines);
      if (ending !== undefined) return ending;
    }
    return splitter.rest() > 0 ? { kind: "broken", words: "the stream was cut inside a line" } : { kind: "clean" };
  }

  function takeAll(lines: readonly WatchLine[]): WatchEnding | undefined {
    for (const line of lines) {
      const ending = options.onLine(line);
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  try {
    const stream = await connection.stream({
      method: "GET",
      path: resource.path,
      query: {
        ...resource.query,
        watch: "1",
        allowWatchBookmarks: "true",
        resourceVersion: options.from,
        timeoutSeconds: String(options.timeoutSeconds),
      },
      timeoutMs: headersTimeoutMs,
      signal: AbortSignal.any([options.signal, over.signal]),
    });
    heardAt = clock.monotonic();
    options.onAnswer(stream);
    void watchdog();
    if (stream.status === 410) return { kind: "relist", cause: "expired", words: "410 on opening" };
    if (stream.status !== 200) return { kind: "broken", ...(await refusalOf(stream)) };
    options.onOpen();
    return await read(stream);
  } finally {
    // No failure: a resource without bookmarks (events, where the server keeps no cache of them) may simply be quiet.
    if (idle) options.onIdle();
    over.abort();
  }
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
