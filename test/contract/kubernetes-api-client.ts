import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** Where a Kubernetes API server is and how to speak to it as an administrator. */
export interface ApiServer {
  /** `http://127.0.0.1:…` or `https://…` */
  baseUrl: string;
  /** At least `authorization`. */
  headers: Readonly<Record<string, string>>;
  /** PEM of the server's authority, for https. */
  ca?: string;
}

/** The fields of an object or Status that the suite reads one by one; the rest is compared as a whole. */
export interface Body {
  kind: string;
  apiVersion: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: { uid: string; name: string; kind: string }[];
    continue?: string;
    remainingItemCount?: number;
  };
  items: Body[];
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  message: string;
  reason: string;
  code: number;
}

export interface Reply {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Body;
  text: string;
}

export interface Call {
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Media type of the body. */
  type?: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as it is, instead of `body`. */
  raw?: string;
}

export interface WatchLine {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: Body;
}

export interface OpenWatch {
  status: number;
  /** The next line, or undefined at the end of the stream. */
  next(): Promise<WatchLine | undefined>;
  close(): void;
}

export interface Api {
  call(method: string, path: string, call?: Call): Promise<Reply>;
  watch(
    path: string,
    query: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<OpenWatch>;
}

export function apiAt({ baseUrl, headers, ca }: ApiServer): Api {
  const send = (
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    extra: Record<string, string>,
  ) => {
    const url = new URL(path, baseUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const all = { accept: "application/json", ...headers, ...extra };
    for (const [name, value] of Object.entries(all)) if (value === "") Reflect.deleteProperty(all, name);
    return url.protocol === "https:"
      ? httpsRequest(url, { method, headers: all, ...(ca === undefined ? {} : { ca }) })
      : httpRequest(url, { method, headers: all });
  };
  return {
    async call(method, path, { query = {}, body, type = "application/json", headers: extra = {}, raw } = {}) {
      const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      // A DELETE's body is read only if its length is given.
      const framing =
        text === undefined ? {} : { "content-type": type, "content-length": String(Buffer.byteLength(text)) };
      const response = await answerOf(send(method, path, query, { ...framing, ...extra }), text);
      const answer = await textOf(response);
      return { status: response.statusCode ?? 0, headers: response.headers, body: parsed(answer), text: answer };
    },
    async watch(path, query, extra = {}) {
      const response = await answerOf(send("GET", path, { watch: "true", ...query }, extra));
      const lines = linesOf(response);
      return {
        status: response.statusCode ?? 0,
        async next() {
          const { value, done } = await lines.next();
          return done ? undefined : (JSON.parse(value) as WatchLine);
        },
        close: () => void response.destroy(),
      };
    },
  };
}

function answerOf(request: ClientRequest, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
    request.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return text;
}

/** An answer that is not JSON, such as "ok", stays readable in `text`. */
function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return {} as Body;
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  for await (const part of response.setEncoding("utf8")) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}
