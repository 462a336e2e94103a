import type { ApiFailure, Status } from "./api/failure.ts";
import { expired } from "./api/failure.ts";
import type { KubeObject } from "./objects/meta.ts";
import type { Resource } from "./resources.ts";
import { groupVersion } from "./resources.ts";
import type { Change, Store } from "./store.ts";

export type WatchEvent =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }
  | { type: "BOOKMARK"; object: Bookmark }
  | { type: "ERROR"; object: Status };

interface Bookmark {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
}

interface WatchOptions {
  resource: Resource;
  matches: (object: KubeObject) => boolean;
  /** Only changes after this revision; undefined or 0: begin with what exists now, as ADDED. */
  from?: number;
  bookmarks: boolean;
  /** WatchList: everything that exists now as ADDED, then a bookmark that says so. */
  sendInitialEvents: boolean;
  /** The stream ends at this instant. */
  until: number;
}

/** One open watch. Whoever reads it takes events with `take`, or hears of them through `onReady`. */
export interface Watch {
  take(): WatchEvent | undefined;
  /** True once the server has ended the stream and everything was taken. */
  ended(): boolean;
  /** Called whenever there is something new to take, or the stream has ended. */
  onReady(listener: () => void): void;
  close(): void;
}

export interface WatchHub {
  open(options: WatchOptions): Watch;
  /** Sends due bookmarks and ends streams that are out of time. */
  step(now: number): void;
  /** Forgets all history: a watch from an older revision gets 410, as after an etcd compaction. */
  expireHistory(): void;
  /** Ends every open stream without an error, as a restarting API server does. */
  cutAll(): void;
  openCount(): number;
}

/** History that can be resumed from: what etcd keeps by default, and about what a watch cache of moderate size does. */
const historyMs = 5 * 60_000;
/** The server's own rhythm (`bookmarkFrequency`), and one more shortly before a stream's time is over. */
const bookmarkEveryMs = 60_000;
const bookmarkBeforeEndMs = 2_000;
/** A reader that lets more than this pile up is cut off, as the real server does with slow watchers. */
const bufferLimit = 10_000;

interface OpenWatch {
  options: WatchOptions;
  queue: WatchEvent[];
  closed: boolean;
  ready: () => void;
  nextBookmark: number;
}

export function watchHub(store: Store, now: () => number, historyLimit = 20_000): WatchHub {
  const history: Change[] = [];
  let compacted = store.revision();
  const watches = new Set<OpenWatch>();

  function end(watch: OpenWatch): void {
    watch.closed = true;
    watches.delete(watch);
    watch.ready();
  }

  function push(watch: OpenWatch, event: WatchEvent): void {
    watch.queue.push(event);
    if (watch.queue.length > bufferLimit) end(watch);
    else watch.ready();
  }

  function trim(): void {
    let drop = Math.max(0, history.length - historyLimit);
    const oldest = now() - historyMs;
    while (drop < history.length && (history[drop]?.at ?? oldest) < oldest) drop += 1;
    // In blocks, so that a busy cluster does not shift the whole array on every write.
    if (drop > 500 || (drop > 0 && drop === history.length)) {
      compacted = history[drop - 1]?.revision ?? compacted;
      history.splice(0, drop);
    }
  }

  store.listen((change) => {
    history.push(change);
    for (const watch of watches) {
      if (watch.options.resource.name !== change.resource) continue;
      const event = seenThrough(watch.options, change);
      if (event) push(watch, event);
    }
  });

  function bookmark(watch: OpenWatch, annotations?: Record<string, string>): void {
    const { resource } = watch.options;
    push(watch, {
      type: "BOOKMARK",
      object: {
        kind: resource.kind,
        apiVersion: groupVersion(resource),
        metadata: {
          resourceVersion: String(store.revision()),
          ...(annotations ? { annotations } : {}),
        },
      },
    });
  }

  /** What exists now, as ADDED. */
  function present(watch: OpenWatch): void {
    const { resource, matches, sendInitialEvents, bookmarks } = watch.options;
    for (const object of store.sorted(resource.name)) if (matches(object)) watch.queue.push({ type: "ADDED", object });
    if (sendInitialEvents && bookmarks) bookmark(watch, { "k8s.io/initial-events-end": "true" });
  }

  function resume(watch: OpenWatch, from: number): void {
    const { options } = watch;
    for (const change of history) {
      if (change.revision <= from || change.resource !== options.resource.name) continue;
      const event = seenThrough(options, change);
      if (event) watch.queue.push(event);
    }
  }

  function begin(watch: OpenWatch): void {
    const { options } = watch;
    const { from = 0 } = options;
    if (options.sendInitialEvents || from === 0) {
      present(watch);
      return;
    }
    if (from < compacted) {
      const gone: ApiFailure = expired(`too old resource version: ${from} (${compacted})`);
      watch.queue.push({ type: "ERROR", object: gone.status });
      end(watch);
      return;
    }
    resume(watch, from);
  }

  function keepTime(watch: OpenWatch, at: number): void {
    const { bookmarks, until } = watch.options;
    const ending = at >= until - bookmarkBeforeEndMs;
    const due = ending ? watch.nextBookmark !== Number.POSITIVE_INFINITY : at >= watch.nextBookmark;
    if (bookmarks && due) {
      bookmark(watch);
      watch.nextBookmark = ending ? Number.POSITIVE_INFINITY : at + bookmarkEveryMs;
    }
    if (at >= until) end(watch);
  }

  return {
    open(options) {
      const watch: OpenWatch = {
        options,
        queue: [],
        closed: false,
        ready: () => {},
        nextBookmark: now() + bookmarkEveryMs,
      };
      watches.add(watch);
      begin(watch);
      return {
        take: () => watch.queue.shift(),
        ended: () => watch.closed && watch.queue.length === 0,
        onReady: (listener) => {
          watch.ready = listener;
          if (watch.queue.length > 0 || watch.closed) listener();
        },
        close: () => {
          watch.queue.length = 0;
          end(watch);
        },
      };
    },
    step(at) {
      trim();
      for (const watch of watches) keepTime(watch, at);
    },
    expireHistory() {
      history.length = 0;
      compacted = store.revision();
    },
    cutAll() {
      for (const watch of watches) end(watch);
    },
    openCount: () => watches.size,
  };
}

/** What a watch with a selector sees of a change: an object that leaves the selection is DELETED for it, one that enters ADDED. */
function seenThrough(options: WatchOptions, change: Change): WatchEvent | undefined {
  const { matches } = options;
  const before = change.previous !== undefined && matches(change.previous);
  const after = change.type !== "DELETED" && matches(change.object);
  if (after) return { type: before ? "MODIFIED" : "ADDED", object: change.object };
  if (!before || change.previous === undefined) return undefined;
  const { resourceVersion } = change.object.metadata;
  // The last state that was in the selection, under the version of the change that took it out.
  return {
    type: "DELETED",
    object: { ...change.previous, metadata: { ...change.previous.metadata, resourceVersion } },
  };
}
