import { Agent, request } from "node:https";

/** A Kubernetes object as the API has it: what a test reads of it, it reads by name. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test names the few fields of a few kinds that it needs, the API server checks the rest
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly status?: any;
}

export type PatchKind = "json" | "merge" | "strategic-merge";

/** An error answer of the API server. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** The Status object, or whatever else came: as text. */
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The few calls that a test makes; what the API server refuses is thrown as ApiError. Independent of the product's own client. */
export interface ApiClient {
  get(path: string): Promise<ApiObject>;
  /** Undefined for a 404. */
  find(path: string): Promise<ApiObject | undefined>;
  list(path: string): Promise<readonly ApiObject[]>;
  create(path: string, body: object): Promise<ApiObject>;
  patch(path: string, kind: PatchKind, body: object): Promise<ApiObject>;
  delete(path: string, options?: object): Promise<void>;
  /** GET of something that is not an object, such as /readyz. */
  text(path: string): Promise<string>;
  close(): void;
}

export interface ApiClientOptions {
  /** https://127.0.0.1:<port> */
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

export function apiClient({ server, caPem, token }: ApiClientOptions): ApiClient {
  const agent = new Agent({ keepAlive: true, ca: caPem, maxSockets: 8 });

  const call = (method: string, path: string, body?: object, contentType = "application/json"): Promise<string> =>
    new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const sent = request(`${server}${path}`, {
        method,
        agent,
        timeout: 20_000,
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          "user-agent": "knitbone-real-tier",
          // node:http sends the body of a DELETE unframed, and so unread, unless its length is given.
          ...(bytes === undefined ? {} : { "content-type": contentType, "content-length": bytes.length }),
        },
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer to ${method} ${path} in 20 s`)));
      sent.on("error", reject);
      sent.on("response", (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          if (status < 400) resolve(text);
          else reject(new ApiError(status, `${method} ${path}: ${status} ${messageOf(text)}`, parsed(text)));
        });
      });
      sent.end(bytes);
    });
  const object = async (answer: Promise<string>) => JSON.parse(await answer) as ApiObject;

  return {
    get: (path) => object(call("GET", path)),
    find: (path) =>
      object(call("GET", path)).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }),
    list: async (path) => (JSON.parse(await call("GET", path)) as { items: ApiObject[] }).items,
    create: (path, body) => object(call("POST", path, body)),
    patch: (path, kind, body) => object(call("PATCH", path, body, `application/${kind}-patch+json`)),
    delete: async (path, options) => {
      await call("DELETE", path, options);
    },
    text: (path) => call("GET", path),
    close: () => agent.destroy(),
  };
}

/** The words of a Status object, or the beginning of whatever else came. */
function messageOf(text: string): string {
  return (parsed(text) as { message?: string } | null)?.message ?? text.slice(0, 300);
}

/** JSON, or the text itself where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
