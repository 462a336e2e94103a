import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { parentPort, workerData } from "node:worker_threads";
import dynalite from "dynalite";

/**
 * dynalite in a thread of its own: it throws from callbacks when its store fails (a full disk), which here ends this thread and
 * is reported, and nothing else. Its LevelDB appends every write to a log file before it answers: a killed process loses none.
 */
const { path } = workerData as { readonly path: string };
const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

/**
 * dynalite throws when a caller hangs up in the middle of a request (as a function does that ran out of time), so it gets each request
 * whole, detached from its connection.
 */
type Handler = (request: object, response: ServerResponse) => void;
const [handler] = server.listeners("request") as unknown as readonly Handler[];
server.removeAllListeners("request");
server.on("request", (request: IncomingMessage, response: ServerResponse) => {
  const { method, url, headers } = request;
  buffer(request).then(
    (body) =>
      handler?.(Object.assign(Readable.from(body.length > 0 ? [body] : []), { method, url, headers }), response),
    () => response.destroy(),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage({ kind: "listening", port: (server.address() as AddressInfo).port });
});

parentPort?.on("message", (message) => {
  if (message !== "close") return;
  server.close(() => {
    parentPort?.postMessage({ kind: "closed" });
    parentPort?.close();
  });
  server.closeAllConnections();
});
