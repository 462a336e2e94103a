import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { KnitboneError } from "../errors.ts";
import type { Clock } from "../time/clock.ts";
import type { ApiAnswer, ApiConnection, ApiRequest, ApiStream } from "./connection.ts";
import { connectionFailure, isReset } from "./connection-failure.ts";

/** What TLS needs; absent members are Node's defaults. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  /** Authorization and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Where a connection gets its credentials from, asked before every request (the source caches). */
export interface CredentialSource {
  /** Throws ClusterUnauthorized when there is nothing to send. */
  credentials(): Promise<Credentials>;
  /** After a 401: forgets what it kept. False when asking again cannot give anything else. */
  renew(): boolean;
}

export interface TransportOptions {
  /** Scheme, host, port and, for servers behind a gateway, a path that goes before every other. */
  readonly endpoint: string;
  /** Names the cluster in error messages: `context "a"`. */
  readonly title: string;
  readonly source: CredentialSource;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Why a resolved address must not be connected to; the address judged is the one connected to, so a name cannot be rebound in between. */
  readonly refuseAddress?: (address: string) => string | undefined;
  readonly proxy?: string;
}

/** Enough for one forwarder's watches and a function's parallel reads; more wait in line. */
const connectionLimit = 64;
/** Below the 60 s at which load balancers in front of API servers drop idle connections. */
const keepAliveMs = 30_000;
/** No single answer that we ask for comes near it (a page is 500 objects): a server that sends more is not to be trusted with our memory. */
const answerLimitBytes = 64 * 1024 * 1024;

/** An ApiConnection on one undici Agent. Which credentials it sends is the source's affair. */
export function transport(options: TransportOptions): ApiConnection {
  const { endpoint, title, source, clock } = options;
  const { origin, pathname } = new URL(endpoint);
  const prefix = pathname.replace(/\/+$/, "");
  let agent: { readonly dispatcher: Dispatcher; readonly tls: TlsMaterial } | undefined;
  let closed = false;

  const dispatcherFor = (tls: TlsMaterial): Dispatcher => {
    if (agent !== undefined && sameTls(agent.tls, tls)) return agent.dispatcher;
    // A rotated client certificate: what is under way on the old agent ends by itself.
    agent?.dispatcher.close().catch(() => {});
    agent = { dispatcher: newDispatcher(options, tls), tls };
    return agent.dispatcher;
  };

  const dispatch = async (request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    if (closed)
      throw new KnitboneError("ClusterUnreachable", `reaching ${title} at ${endpoint}: the connection was closed`);
    const credentials = await unlessAborted(source.credentials(), signal);
    const query = request.query === undefined ? "" : `?${new URLSearchParams(request.query)}`;
    return dispatcherFor(credentials.tls).request({
      origin,
      path: `${prefix}${request.path}${query}`,
      method: request.method,
      headers: {
        accept: request.accept ?? "application/json",
        "user-agent": options.userAgent,
        ...(request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
        ...credentials.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal,
      // Our own deadline bounds the call; undici's would end quiet watches.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  };

  /** Credentials may have expired or been rotated since they were read: a 401 was not executed, so any method may go once more. */
  const dispatchRenewing = async (request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const response = await dispatch(request, signal);
    if (response.statusCode !== 401 || !source.renew()) return response;
    await response.body.dump();
    return dispatch(request, signal);
  };

  /** A kept-alive connection may have died while a function was frozen: a read is sent once more, a write never. */
  const send = async (request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    try {
      return await dispatchRenewing(request, signal);
    } catch (error) {
      if (request.method !== "GET" || signal.aborted || !isReset(error)) throw error;
      return dispatchRenewing(request, signal);
    }
  };

  const failure = (error: unknown, request: ApiRequest, deadline: Deadline): KnitboneError => {
    if (deadline.passed()) {
      return connectionFailure(
        new Error(`no answer to ${request.method} ${request.path} within ${request.timeoutMs} ms`, { cause: error }),
        title,
        endpoint,
      );
    }
    return connectionFailure(error, title, endpoint);
  };

  return {
    endpoint,
    async request(request): Promise<ApiAnswer> {
      const deadline = startDeadline(clock, request);
      try {
        const response = await send(request, deadline.signal);
        const text = await readText(response.body);
        return {
          status: response.statusCode,
          headers: flatHeaders(response.headers),
          body: parsed(text),
        };
      } catch (error) {
        throw failure(error, request, deadline);
      } finally {
        deadline.end();
      }
    },
    async stream(request): Promise<ApiStream> {
      const deadline = startDeadline(clock, request);
      try {
        const response = await send(request, deadline.signal);
        // Aborting destroys the body with an error; nobody may be reading it at that moment.
        response.body.on("error", () => {});
        return {
          status: response.statusCode,
          headers: flatHeaders(response.headers),
          chunks: chunksOf(response.body, request.signal, {
            failure: (error) => connectionFailure(error, title, endpoint),
            ended: deadline.end,
          }),
        };
      } catch (error) {
        throw failure(error, request, deadline);
      } finally {
        deadline.endWait();
      }
    },
    async close() {
      closed = true;
      await agent?.dispatcher.destroy();
    },
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  passed(): boolean;
  /** Stops the clock and lets go of the caller's signal. */
  end(): void;
  /** Stops the clock; the caller's signal still aborts what goes on. */
  endWait(): void;
}

function startDeadline(clock: Clock, request: ApiRequest): Deadline {
  const late = new AbortController();
  const ended = new AbortController();
  let passed = false;
  const abortedByCaller = () => late.abort(new Error("the caller gave up"));
  if (request.signal?.aborted) abortedByCaller();
  request.signal?.addEventListener("abort", abortedByCaller, { once: true });
  clock.sleep(request.timeoutMs, ended.signal).then(
    () => {
      if (ended.signal.aborted) return;
      passed = true;
      late.abort(new Error("time-out"));
    },
    () => {},
  );
  return {
    signal: late.signal,
    passed: () => passed,
    end() {
      ended.abort();
      request.signal?.removeEventListener("abort", abortedByCaller);
    },
    endWait: () => ended.abort(),
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolvePromise, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolvePromise, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}

function newDispatcher(options: TransportOptions, tls: TlsMaterial): Dispatcher {
  const connect = {
    ...tls,
    keepAlive: true,
    ...(options.refuseAddress === undefined ? {} : { lookup: guardedLookup(options.refuseAddress) }),
  };
  const common = {
    // HTTP/1.1: in one HTTP/2 session an unread watch would use up the window of every other request.
    allowH2: false,
    connections: connectionLimit,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  };
  return options.proxy === undefined
    ? new Agent({ ...common, connect })
    : new ProxyAgent({ ...common, uri: options.proxy, requestTls: tls });
}

/** Resolves a name and refuses it if any of its addresses is refused. */
function guardedLookup(refuse: (address: string) => string | undefined): LookupFunction {
  return (host, lookupOptions, callback) => {
    resolve(host, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      const reason = addresses.map((each) => refuse(each.address)).find((each) => each !== undefined);
      const [first] = addresses;
      if (reason !== undefined || first === undefined) {
        callback(new Error(`${host} must not be connected to: ${reason ?? "it has no address"}`), "", 0);
        return;
      }
      if (lookupOptions.all) callback(null, addresses);
      else callback(null, first.address, first.family || isIP(first.address));
    });
  };
}

function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  const same = (left?: string | Buffer, right?: string | Buffer) =>
    left === right || (left !== undefined && right !== undefined && Buffer.from(left).equals(Buffer.from(right)));
  return (
    same(a.ca, b.ca) &&
    same(a.cert, b.cert) &&
    same(a.key, b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}

async function readText(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > answerLimitBytes) throw new Error(`the answer is longer than ${answerLimitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* chunksOf(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal | undefined,
  on: { readonly failure: (error: unknown) => KnitboneError; readonly ended: () => void },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (!signal?.aborted) throw on.failure(error);
  } finally {
    on.ended();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function flatHeaders(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) {
    if (value !== undefined) flat[key.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
