import { KnitboneError } from "../errors.ts";
import { type Raw, rawObject, rawText } from "../kubernetes/raw.ts";
import type { Log } from "../log/log.ts";
import type { Random } from "../random/random.ts";
import type { Clock } from "../time/clock.ts";
import { readError, unreadable } from "./answer-error.ts";
import { saysNotFound } from "./answer-status.ts";
import type { ApiAnswer, ApiConnection, ApiRequest } from "./connection.ts";
import type { ReadRate } from "./read-rate.ts";
import type { ServerClock } from "./server-clock.ts";

/**
 * The two ways of reading: one object, or a whole list (of the objects, or of their metadata only). Always live: resourceVersion is never set, which
 * makes it a quorum read.
 */
export interface ApiReads {
  /** undefined: the server says that this name is not there. */
  object(path: string, name: string, namespace: string): Promise<Raw | undefined>;
  /** Every page or an error: partial truth is no truth. */
  list(path: string, query: Readonly<Record<string, string>>, as?: "metadata"): Promise<readonly Raw[]>;
}

export interface ApiReadsOptions {
  readonly who: { readonly title: string; readonly endpoint: string };
  readonly time: ServerClock;
  readonly rate: ReadRate;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A server that cannot cut a list down to metadata sends it whole. */
const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

const objectTimeoutMs = 5_000;
const pageTimeoutMs = 10_000;
const pageSize = 500;
/** Half a million objects of one kind: beyond any cluster, so a server that goes on is looping. */
const pageLimit = 1_000;
/** A continue token lives about five minutes (K14). Read anew once; a list that expires twice cannot be read whole. */
const restartLimit = 1;
const restartDelayMs = 1_000;

export function apiReads(connection: ApiConnection, options: ApiReadsOptions): ApiReads {
  const { who, time, rate, clock, random, log } = options;

  const get = async (request: Omit<ApiRequest, "method">): Promise<ApiAnswer> => {
    await rate.take();
    const sentAt = clock.monotonic();
    const answer = await connection.request({ method: "GET", ...request });
    time.learn(answer.headers["date"], sentAt);
    return answer;
  };

  /** "expired": the token is too old. */
  const pages = async (
    path: string,
    query: Readonly<Record<string, string>>,
    as: "metadata" | undefined,
  ): Promise<readonly Raw[] | "expired"> => {
    const items: Raw[] = [];
    const accept = as === "metadata" ? { accept: metadataOnly } : {};
    let token = "";
    for (let page = 0; page < pageLimit; page++) {
      const answer = await get({ path, query: pageQuery(query, token), timeoutMs: pageTimeoutMs, ...accept });
      if (answer.status === 410 && token !== "") return "expired";
      const body = listBody(answer, path);
      items.push(...body.items);
      if (body.next === "") return items;
      if (body.next === token) throw unreadable(who, path, "the list repeats its continue token");
      token = body.next;
    }
    throw unreadable(who, path, `the list has more than ${pageLimit} pages`);
  };

  const listBody = (answer: ApiAnswer, path: string): { readonly items: readonly Raw[]; readonly next: string } => {
    if (!isOk(answer)) throw readError(answer, who, path);
    const { metadata, kind, ...body } = rawObject(answer.body);
    // But for an empty list of metadata, in which a real server (v1.36) says null.
    const items = body["items"] === null && kind === "PartialObjectMetadataList" ? [] : body["items"];
    // Kubernetes sends an empty array, never nothing: a missing one is a cut or foreign answer, not an empty cluster.
    if (!Array.isArray(items) || typeof kind !== "string" || !kind.endsWith("List"))
      throw unreadable(who, path, "the answer is no list");
    const objects = items.map(rawObject);
    if (objects.some((each) => !hasIdentity(each)))
      throw unreadable(who, path, "an object of the list has no name or uid");
    return { items: objects, next: rawText(rawObject(metadata)["continue"]) ?? "" };
  };

  return {
    async object(path, name, namespace) {
      const answer = await get({ path, query: {}, timeoutMs: objectTimeoutMs });
      if (saysNotFound(answer, namespace === "" ? [name] : [name, namespace])) return undefined;
      if (!isOk(answer)) throw readError(answer, who, path);
      const raw = rawObject(answer.body);
      if (!hasIdentity(raw) || rawObject(raw["metadata"])["name"] !== name) {
        throw unreadable(who, path, "the answer is not the object that was asked for");
      }
      return raw;
    },
    async list(path, query, as) {
      for (let restart = 0; ; restart++) {
        const items = await pages(path, query, as);
        if (items !== "expired") return items;
        if (restart === restartLimit) throw expiredTwice(who, path);
        log.warn("a paged list expired and is read anew", { path });
        await clock.sleep(random.next() * restartDelayMs);
      }
    },
  };
}

const expiredTwice = (who: ApiReadsOptions["who"], path: string): KnitboneError =>
  new KnitboneError(
    "ClusterUnreachable",
    `reading ${path} from ${who.title} at ${who.endpoint}: the list expired twice before it could be read whole`,
    { retryable: true },
  );

const pageQuery = (query: Readonly<Record<string, string>>, token: string): Record<string, string> => ({
  ...query,
  limit: String(pageSize),
  ...(token === "" ? {} : { continue: token }),
});

const isOk = (answer: ApiAnswer): boolean => answer.status >= 200 && answer.status < 300;

function hasIdentity(raw: Raw): boolean {
  const { name, uid } = rawObject(raw["metadata"]);
  return typeof name === "string" && name !== "" && typeof uid === "string" && uid !== "";
}
