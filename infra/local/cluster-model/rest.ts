import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../../shared/time/clock.ts";
import type { Answer, ApiRequest, WatchAnswer } from "./api/request.ts";
import type { ClusterApi } from "./cluster-api.ts";
import type { FaultDesk } from "./faults.ts";
import { jsonText } from "./rest/json-text.ts";
import { sendPaced } from "./rest/paced.ts";
import { streamWatch } from "./rest/watch-stream.ts";

/** The Kubernetes REST face of a cluster model, on a free loopback port. */
export interface RestFace {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

export interface RestOptions {
  /** The token of requests that carry none. For kubectl, which sends no token over plain HTTP. */
  anonymousToken?: string;
}

const maxBodyBytes = 3 * 1024 * 1024;

export async function restFace(
  parts: { api: ClusterApi; desk: FaultDesk },
  clock: Clock,
  options: RestOptions = {},
): Promise<RestFace> {
  const { api, desk } = parts;
  const server = createServer((incoming, outgoing) => {
    outgoing.sendDate = false;
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  // A client that keeps a connection open must not keep the process from ending.
  server.keepAliveTimeout = 60_000;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await received(incoming, options);
    if (request === undefined) {
      outgoing.writeHead(413, { "content-type": "text/plain" }).end("Request entity too large: limit is 3145728");
      return;
    }
    const response = await api.request(request);
    if (response.kind === "watch") {
      outgoing.writeHead(response.status, headersOf(response));
      outgoing.flushHeaders();
      await streamWatch(response, outgoing, desk, clock);
      return;
    }
    const text = typeof response.body === "string" ? response.body : `${jsonText(response.body)}\n`;
    const bytes = Buffer.from(text);
    outgoing.writeHead(response.status, { ...headersOf(response), "content-length": String(bytes.length) });
    const pace = desk.pace();
    if (pace) await sendPaced(outgoing, bytes, pace, clock);
    outgoing.end(pace ? undefined : bytes);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

function headersOf({ headers }: Answer | WatchAnswer): Record<string, string> {
  return { ...headers, "audit-id": "model", "cache-control": "no-cache, private" };
}

async function received(incoming: IncomingMessage, { anonymousToken }: RestOptions): Promise<ApiRequest | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming) {
    size += piece.length;
    if (size > maxBodyBytes) return undefined;
    pieces.push(piece);
  }
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://model");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) if (typeof value === "string") headers[name] = value;
  if (anonymousToken !== undefined) headers["authorization"] ??= `Bearer ${anonymousToken}`;
  return {
    method: incoming.method ?? "GET",
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers,
    ...(size === 0 ? {} : { rawBody: Buffer.concat(pieces).toString() }),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
