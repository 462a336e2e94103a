/** One authenticated, kept-alive way to one API server. The forwarder and the healers both stand on it; raw JSON, nothing dropped. */
export interface ApiConnection {
  /** Scheme, host and port: "https://127.0.0.1:6443". */
  readonly endpoint: string;
  /** Resolves for every HTTP status; throws ClusterUnreachable (no answer in time, TLS, reset) or ClusterUnauthorized (no credentials to send). */
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** For watches: resolves once the headers are there. `timeoutMs` bounds only the wait for them. */
  stream(request: ApiRequest): Promise<ApiStream>;
  close(): Promise<void>;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** "/api/v1/pods" */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** application/json unless given (metadata-only lists). */
  readonly accept?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** application/json unless given (patches). */
  readonly contentType?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  /** Keys in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text itself where it is none. */
  readonly body: unknown;
}

export interface ApiStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends when the server ends it; throws when it breaks; stops when `signal` aborts. Not read means not received: back-pressure. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
