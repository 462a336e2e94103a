import type { WatchAnswer } from "../../../../infra/local/cluster-model/api/request.ts";
import type { ClusterModel } from "../../../../infra/local/cluster-model/model.ts";
import type { ApiConnection, ApiRequest } from "../../../../shared/cluster/connection.ts";
import { KnitboneError } from "../../../../shared/errors.ts";
import type { Clock } from "../../../../shared/time/clock.ts";

/**
 * A connection to the in-memory face of a cluster model: no sockets, so that a manual clock is all the time there is. `userAgent` is asked at every
 * request: what it says stands in the audit log.
 */
export function modelConnection(
  model: ClusterModel,
  clock: Clock,
  token: string,
  userAgent: () => string = () => "",
): ApiConnection {
  async function ask({ method, path, query, accept, body, contentType = "application/json" }: ApiRequest) {
    try {
      const headers = {
        authorization: `Bearer ${token}`,
        "user-agent": userAgent(),
        ...(accept === undefined ? {} : { accept }),
        ...(body === undefined ? {} : { "content-type": contentType }),
      };
      return await model.api.request({
        method,
        path,
        headers,
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { rawBody: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new KnitboneError("ClusterUnreachable", `asking ${model.name}: connection reset`, {
        cause,
        retryable: true,
      });
    }
  }
  return {
    endpoint: `memory://${model.name}`,
    async request(request) {
      const { status, headers, ...rest } = await ask(request);
      return { status, headers: dated(headers, clock), body: "body" in rest ? rest.body : undefined };
    },
    async stream(request) {
      const answer = await ask(request);
      const headers = dated(answer.headers, clock);
      if (answer.kind === "watch") return { status: 200, headers, chunks: linesOf(answer, request.signal) };
      return { status: answer.status, headers, chunks: whole(JSON.stringify(answer.body)) };
    },
    close: async () => {},
  };
}

/** The REST face leaves the Date to node:http. */
function dated(headers: Readonly<Record<string, string>>, clock: Clock): Readonly<Record<string, string>> {
  return { date: new Date(clock.now()).toUTCString(), ...headers };
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function* linesOf({ watch, present }: WatchAnswer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let wake: () => void = () => {};
  watch.onReady(() => wake());
  signal?.addEventListener("abort", () => wake(), { once: true });
  try {
    while (!signal?.aborted) {
      const event = watch.take();
      if (event !== undefined) {
        const object = event.type === "BOOKMARK" || event.type === "ERROR" ? event.object : present(event.object);
        yield new TextEncoder().encode(`${JSON.stringify({ type: event.type, object })}\n`);
      } else if (watch.ended()) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    watch.close();
  }
}
