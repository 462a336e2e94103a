import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeError } from "../../../shared/errors.ts";
import type { Random } from "../../../shared/random/random.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { type QueueAction, queueActions } from "./queue-actions.ts";
import type { QueueDatabase } from "./queue-database.ts";
import { QueueFailure } from "./queue-failure.ts";

export interface QueueServer {
  readonly endpoint: string;
  readonly queueUrl: (name: string) => string;
  close(): Promise<void>;
}

/** Bytes: a batch of ten is 1 MiB at most; JSON and attributes come on top. */
const requestLimit = 4 * 1_048_576;

/**
 * The SQS JSON protocol over a queue database, on loopback and on a free port. Signatures are not checked (nobody but this machine can
 * reach it); the access key id in them is taken as the sender's identity.
 */
export async function startQueueServer(options: {
  readonly database: QueueDatabase;
  readonly accountId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The database itself failed (a full disk): the caller's request was refused with a 500. */
  readonly onFailure: (error: unknown) => void;
}): Promise<QueueServer> {
  const { database, accountId, clock, random, onFailure } = options;
  let endpoint = "";
  const queueUrl = (name: string) => `${endpoint}/${accountId}/${name}`;
  const actions = queueActions(database, { clock, accountId, queueUrl });

  const server = createServer((request, response) => {
    handle(request, response, actions, random, onFailure).catch((error) => {
      onFailure(error);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    queueUrl,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  actions: Readonly<Record<string, QueueAction>>,
  random: Random,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const hangUp = new AbortController();
  response.once("close", () => hangUp.abort());
  const answer = (status: number, body: object, headers: Record<string, string> = {}) => {
    if (response.destroyed) return;
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-requestid": random.id(),
      ...headers,
    });
    response.end(JSON.stringify(body));
  };
  try {
    const name = String(request.headers["x-amz-target"] ?? "").replace(/^AmazonSQS\./, "");
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) throw new QueueFailure("InvalidAction", `The action ${name} is not valid for this endpoint.`);
    const input = await jsonOf(request);
    if (input === undefined) return;
    answer(200, await action({ input, sender: senderOf(request), signal: hangUp.signal }));
  } catch (error) {
    if (error instanceof QueueFailure) {
      const body = { __type: `com.amazonaws.sqs#${error.code}`, message: error.message };
      answer(400, body, { "x-amzn-query-error": `${error.queryCode};Sender` });
      return;
    }
    onFailure(error);
    answer(500, { __type: "com.amazonaws.sqs#InternalFailure", message: describeError(error) });
  }
}

/** undefined: the caller hung up before the body was whole. */
async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > requestLimit) throw new QueueFailure("RequestEntityTooLarge", "The request is too large.");
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof QueueFailure) throw error;
    return undefined;
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Falls through: the words below say what is wrong.
  }
  throw new QueueFailure("SerializationException", "The request body is not a JSON object.");
}

/** "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-1/sqs/aws4_request, …" → "AKID" */
function senderOf(request: IncomingMessage): string {
  const credential = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? "");
  if (!credential?.[1]) throw new QueueFailure("MissingAuthenticationToken", "The request is not signed.");
  return credential[1];
}
