import type { ApiAnswer, ApiConnection } from "../../shared/cluster/connection.ts";
import { KnitboneError } from "../../shared/errors.ts";
import { type Raw, rawList, rawNumber, rawObject, rawText } from "../../shared/kubernetes/raw.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { WatchedResource } from "./watched-resource.ts";

export type ListResult =
  /** Read whole; a watch may begin from here. */
  | { readonly kind: "listed"; readonly resourceVersion: string }
  /** The continue token expired on the way (410): to be started over. */
  | { readonly kind: "expired" }
  /** The server is busy or refuses. */
  | { readonly kind: "refused"; readonly status: number; readonly words: string; readonly retryAfterMs: number };

export interface ListReader {
  /** Every answer, before its items. `sentAt`: when the request was sent, monotonic milliseconds. */
  onAnswer(answer: ApiAnswer, sentAt: number): void;
  onItem(item: Raw): void;
}

/** 500 as client-go: a page of pods is a few megabytes. */
const pageLimit = "500";
const pageTimeoutMs = 30_000;

/** Reads a resource page by page, all pages at one revision (resourceVersion unset: a quorum read). Items are handed on as they come. */
export async function listResource(
  connection: ApiConnection,
  resource: WatchedResource,
  clock: Clock,
  signal: AbortSignal,
  reader: ListReader,
): Promise<ListResult> {
  const read = async (continueToken: string): Promise<ApiAnswer> => {
    const sentAt = clock.monotonic();
    const answer = await connection.request({
      method: "GET",
      path: resource.path,
      query: { ...resource.query, limit: pageLimit, ...(continueToken === "" ? {} : { continue: continueToken }) },
      timeoutMs: pageTimeoutMs,
      signal,
    });
    reader.onAnswer(answer, sentAt);
    return answer;
  };
  for (let continueToken = ""; ; ) {
    const answer = await read(continueToken);
    if (answer.status === 410) return { kind: "expired" };
    if (answer.status !== 200) return { kind: "refused", ...describeRefusal(answer) };
    const page = pageOf(resource, answer.body);
    for (const item of page.items) reader.onItem(item);
    if (page.continueToken === "") return { kind: "listed", resourceVersion: page.resourceVersion };
    continueToken = page.continueToken;
  }
}

interface Page {
  readonly items: readonly Raw[];
  readonly resourceVersion: string;
  /** "" on the last one. */
  readonly continueToken: string;
}

/** "Empty is not all": whatever is no list must never read as a list of nothing (an empty one says `[]`, older servers `null`). */
function pageOf(resource: WatchedResource, body: unknown): Page {
  const list = rawObject(body);
  const metadata = rawObject(list["metadata"]);
  const resourceVersion = rawText(metadata["resourceVersion"]) ?? "";
  if (resourceVersion === "" || !(Array.isArray(list["items"]) || list["items"] === null)) {
    throw new KnitboneError("ClusterAnswerUnreadable", `listing ${resource.name}: the answer is no list`);
  }
  return { items: rawList(list["items"]), resourceVersion, continueToken: rawText(metadata["continue"]) ?? "" };
}

/** The words of a Status, and how long the server asks us to stay away. */
export function describeRefusal(answer: Pick<ApiAnswer, "status" | "headers"> & { readonly body?: unknown }): {
  readonly status: number;
  readonly words: string;
  readonly retryAfterMs: number;
} {
  const message = rawText(rawObject(answer.body)["message"]);
  const retryAfter = rawNumber(Number(answer.headers["retry-after"] ?? "0")) ?? 0;
  return {
    status: answer.status,
    words: message === undefined ? `${answer.status}` : `${answer.status} ${message}`,
    // An answer may ask for any time; more than a minute would blind us.
    retryAfterMs: Math.min(60_000, Math.max(0, retryAfter * 1_000)),
  };
}
