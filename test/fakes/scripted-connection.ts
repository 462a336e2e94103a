import type { ApiAnswer, ApiConnection, ApiRequest, ApiStream } from "../../shared/cluster/connection.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";

type Json = Record<string, unknown>;

/** A watch that the code under test holds open. */
interface OpenStream {
  readonly request: ApiRequest;
  /** Sends one watch event as a line. */
  event(type: string, object: Json): void;
  bookmark(resourceVersion: string): void;
  /** Sends bytes as they are. */
  bytes(chunk: Uint8Array | string): void;
  /** The server ends it in order. */
  end(): void;
  /** The connection breaks. */
  cut(words?: string): void;
  readonly open: boolean;
}

/** What a script answers to a request; a function is asked at every request. */
type Script = (request: ApiRequest) => Partial<ApiAnswer> | "unreachable";

export interface ScriptedConnection extends ApiConnection {
  /** How this path is answered from now on. Paths without a script are 404. */
  on(path: string, script: Script | Partial<ApiAnswer>): void;
  /** How watches of this path are answered from now on: 200 and an open stream unless told otherwise. */
  onWatch(path: string, script: Script | Partial<ApiAnswer>): void;
  /** A list of `items` at this version, in pages as asked for. */
  serve(path: string, resourceVersion: string, items: readonly Json[]): void;
  readonly requests: readonly ApiRequest[];
  /** Every watch of this path so far, oldest first. */
  streams(path: string): readonly OpenStream[];
  /** The newest watch of this path; throws where none is open. */
  stream1(path: string): OpenStream;
}

/** An API server of a few lines: says what the test wrote down, at once. The place to inject 410, cuts and garbage. */
export function scriptedConnection(clock: Clock): ScriptedConnection {
  const scripts = new Map<string, Script>();
  const watchScripts = new Map<string, Script>();
  const requests: ApiRequest[] = [];
  const streams = new Map<string, (OpenStream & ApiStream)[]>();
  const asScript = (script: Script | Partial<ApiAnswer>): Script =>
    typeof script === "function" ? script : () => script;
  const date = () => ({ date: new Date(clock.now()).toUTCString() });
  const unreachable = (request: ApiRequest) =>
    new KnitboneError("ClusterUnreachable", `asking scripted: no answer to ${request.path}`, { retryable: true });

  return {
    endpoint: "https://scripted",
    requests,
    on: (path, script) => void scripts.set(path, asScript(script)),
    onWatch: (path, script) => void watchScripts.set(path, asScript(script)),
    serve(path, resourceVersion, items) {
      scripts.set(path, ({ query = {} }) => {
        const from = Number(query["continue"] ?? "0");
        const to = from + Number(query["limit"] ?? items.length);
        const metadata = { resourceVersion, ...(to < items.length ? { continue: String(to) } : {}) };
        return { body: { metadata, items: items.slice(from, to) } };
      });
    },
    streams: (path) => streams.get(path) ?? [],
    stream1(path) {
      const stream = streams.get(path)?.findLast((each) => each.open);
      if (stream === undefined) throw new Error(`no watch of ${path} is open`);
      return stream;
    },
    async request(request) {
      requests.push(request);
      const answer = scripts.get(request.path)?.(request) ?? { status: 404 };
      if (answer === "unreachable") throw unreachable(request);
      return { status: 200, body: {}, ...answer, headers: { ...date(), ...answer.headers } };
    },
    async stream(request) {
      requests.push(request);
      const answer = watchScripts.get(request.path)?.(request) ?? {};
      if (answer === "unreachable") throw unreachable(request);
      const stream = openStream(request, { status: 200, ...answer, headers: { ...date(), ...answer.headers } });
      streams.set(request.path, [...(streams.get(request.path) ?? []), stream]);
      if (answer.body !== undefined) {
        stream.bytes(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
        stream.end();
      }
      return stream;
    },
    close: async () => {},
  };
}

function openStream(
  request: ApiRequest,
  head: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
): OpenStream & ApiStream {
  const waiting: Uint8Array[] = [];
  let state: "open" | "ended" | Error = "open";
  let wake: () => void = () => {};
  const close = (next: "ended" | Error) => {
    if (state === "open") state = next;
    wake();
  };
  request.signal?.addEventListener("abort", () => close("ended"), { once: true });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk !== undefined) yield chunk;
        else if (state === "ended") return;
        else if (state !== "open") throw state;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      close("ended");
    }
  }
  const bytes = (chunk: Uint8Array | string) => {
    waiting.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    wake();
  };
  const event = (type: string, object: Json) => bytes(`${JSON.stringify({ type, object })}\n`);
  return {
    ...head,
    request,
    chunks: chunks(),
    bytes,
    event,
    bookmark: (resourceVersion) => event("BOOKMARK", { kind: "Pod", metadata: { resourceVersion } }),
    end: () => close("ended"),
    cut: (words = "connection reset") => close(new Error(words)),
    get open() {
      return state === "open";
    },
  };
}
