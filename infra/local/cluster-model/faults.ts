import { type ApiFailure, anyFailure } from "./api/failure.ts";
import type { ApiRequest, Target } from "./api/request.ts";

/** Which requests a fault concerns. Left out: all of them. */
type RequestTest = (request: ApiRequest, target: Target | undefined) => boolean;

interface OrderedAnswer {
  status: number;
  reason?: string;
  message?: string;
  retryAfterSeconds?: number;
  /** How many requests get it; default 1, `Infinity` until `clear`. */
  times?: number;
  match?: RequestTest;
}

/** What can be made to go wrong between a client and this API server. Each call returns a function that ends the fault. */
export interface Faults {
  /** Answers come only after the returned function was called: a hung API server. */
  stall(match?: RequestTest): () => void;
  /** The next requests get this status and are not carried out. */
  answer(order: OrderedAnswer): () => void;
  /** The request is carried out, but its answer is lost and the connection with it. */
  loseReply(times?: number, match?: RequestTest): () => void;
  /** The connection is closed before anything is done: an API server that is down. */
  refuse(match?: RequestTest): () => void;
  /** Ends all open watches without an error. */
  cutWatches(): void;
  /** Forgets watch history and paging snapshots: resumed watches and lists get 410. */
  expireHistory(): void;
  /** Puts one line that is not JSON into every watch that is open now. REST face only. */
  garbageLine(line?: string): void;
  /** Sends bodies in pieces of `bytes`, one every `everyMs`. REST face only. */
  slowBytes(bytes: number, everyMs: number): () => void;
  /** Ends all faults. */
  clear(): void;
}

/** How the faces ask. */
export interface FaultDesk extends Faults {
  fault(request: ApiRequest, target: Target | undefined): ApiFailure | undefined;
  /** Resolves when the request may go on; at once unless stalled. */
  gate(request: ApiRequest): Promise<void> | undefined;
  losesReply(request: ApiRequest): boolean;
  refuses(request: ApiRequest): boolean;
  pace(): { bytes: number; everyMs: number } | undefined;
  onGarbage(listener: (line: string) => void): () => void;
}

interface Counted {
  left: number;
  match: RequestTest;
}

const everything: RequestTest = () => true;

export function faultDesk(history: { cutAll(): void; expire(): void }): FaultDesk {
  const answers: (Counted & { order: OrderedAnswer })[] = [];
  const lost: Counted[] = [];
  const stalls = new Map<RequestTest, (() => void)[]>();
  const refusals = new Set<RequestTest>();
  const garbage = new Set<(line: string) => void>();
  let slow: { bytes: number; everyMs: number } | undefined;

  const without = <T>(list: T[], item: T) => {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
  const release = (test: RequestTest) => {
    const waiting = stalls.get(test) ?? [];
    stalls.delete(test);
    for (const go of waiting) go();
  };
  const spend = <T extends Counted>(list: T[], request: ApiRequest, target: Target | undefined): T | undefined => {
    const found = list.find((each) => each.match(request, target));
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) without(list, found);
    return found;
  };

  return {
    stall(match = () => true) {
      // A test of its own for each stall, so that two stalls of everything end one by one.
      const test: RequestTest = (request, target) => match(request, target);
      stalls.set(test, []);
      return () => release(test);
    },
    answer(order) {
      const entry = { order, left: order.times ?? 1, match: order.match ?? everything };
      answers.push(entry);
      return () => without(answers, entry);
    },
    loseReply(times = 1, match = everything) {
      const entry = { left: times, match };
      lost.push(entry);
      return () => without(lost, entry);
    },
    refuse(match = () => true) {
      const test: RequestTest = (request, target) => match(request, target);
      refusals.add(test);
      return () => void refusals.delete(test);
    },
    cutWatches: () => history.cutAll(),
    expireHistory: () => history.expire(),
    garbageLine(line = '{"type":"MODIFIED","object":{"kind":') {
      for (const listener of garbage) listener(line);
    },
    slowBytes(bytes, everyMs) {
      slow = { bytes, everyMs };
      return () => {
        slow = undefined;
      };
    },
    clear() {
      answers.length = 0;
      lost.length = 0;
      refusals.clear();
      slow = undefined;
      for (const test of [...stalls.keys()]) release(test);
    },
    fault(request, target) {
      const entry = spend(answers, request, target);
      if (!entry) return undefined;
      const { status, reason = reasons[status] ?? "", message = "ordered by a test", retryAfterSeconds } = entry.order;
      return anyFailure(status, reason, message, retryAfterSeconds);
    },
    gate(request) {
      const held = [...stalls.entries()].find(([test]) => test(request, undefined));
      return held && new Promise((resolve) => held[1].push(resolve));
    },
    losesReply: (request) => spend(lost, request, undefined) !== undefined,
    refuses: (request) => [...refusals].some((test) => test(request, undefined)),
    pace: () => slow,
    onGarbage(listener) {
      garbage.add(listener);
      return () => void garbage.delete(listener);
    },
  };
}

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};
