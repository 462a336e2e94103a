import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeError } from "../../shared/errors.ts";
import type { RunningForwarder } from "./forwarder.ts";
import { isHealthy, isReady } from "./status.ts";

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpServerOptions {
  /** "127.0.0.1" unless probes come from elsewhere (a kubelet). */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly forwarder: Pick<RunningForwarder, "status" | "metricsText">;
}

/** `/healthz` (is every loop moving; last byte seen per resource), `/readyz` (synced, last send ok), `/metrics`. Reads only. */
export async function startHttpServer({ host, port, forwarder }: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(forwarder, request.method ?? "", request.url ?? "", response).catch((error: unknown) => {
      say(response, 500, "text/plain", `${describeError(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  forwarder: HttpServerOptions["forwarder"],
  method: string,
  url: string,
  response: ServerResponse,
): Promise<void> {
  if (method !== "GET" && method !== "HEAD") {
    say(response, 405, "text/plain", "only GET\n");
    return;
  }
  const status = forwarder.status();
  switch (url.split("?")[0]) {
    case "/healthz":
      say(response, isHealthy(status) ? 200 : 503, "application/json", `${JSON.stringify(status)}\n`);
      return;
    case "/readyz":
      say(response, isReady(status) ? 200 : 503, "application/json", `${JSON.stringify(status)}\n`);
      return;
    case "/metrics":
      say(response, 200, "text/plain; version=0.0.4; charset=utf-8", await forwarder.metricsText());
      return;
    default:
      say(response, 404, "text/plain", "there are /healthz, /readyz and /metrics\n");
  }
}

function say(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "x-content-type-options": "nosniff" });
  response.end(body);
}
