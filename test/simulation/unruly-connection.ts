import type { ApiAnswer, ApiConnection, ApiRequest } from "../../shared/cluster/connection.ts";
import { KnitboneError } from "../../shared/errors.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { seconds } from "../../shared/time/duration.ts";
import type { Weather } from "./weather.ts";

const reasons: Readonly<Record<number, string>> = {
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/**
 * An API server behind a bad network. Every read of the product is a quorum read, which Kubernetes answers from the newest state: what is stale is an
 * answer that was long on its way. A write without an answer may be carried out even after its client has given up.
 *
 * `sent`: the connection for what was sent at this instant, so that the audit log can say when that was.
 */
export function unrulyConnection(sent: (at: Instant) => ApiConnection, weather: Weather): ApiConnection {
  const unreachable = (request: ApiRequest) =>
    new KnitboneError("ClusterUnreachable", `asking the API server: no answer to ${request.method} ${request.path}`, {
      retryable: true,
    });
  const isRead = (request: ApiRequest) => request.method === "GET";

  /** The request is on its way; its client no longer listens. */
  const carryOutLater = async (connection: ApiConnection, request: ApiRequest, afterMs: number): Promise<void> => {
    await weather.clock.sleep(afterMs);
    await connection.request(request).catch(() => {});
  };

  const unanswered = async (connection: ApiConnection, request: ApiRequest): Promise<never> => {
    const fate = weather.dice("apiTimeouts").between(0, 2);
    weather.note(
      `no answer to ${request.method} ${request.path} (${["dropped", "carried out", "carried out late"][fate]})`,
    );
    if (!isRead(request) && fate === 1) await connection.request(request).catch(() => {});
    if (!isRead(request) && fate === 2) {
      void carryOutLater(connection, request, seconds(weather.dice("apiTimeouts").between(3, 20)));
    }
    await weather.clock.sleep(request.timeoutMs);
    throw unreachable(request);
  };

  const refused = (request: ApiRequest): ApiAnswer => {
    const status = weather.dice("apiRefusals").pick(isRead(request) ? [429, 500, 503] : [409, 429, 500, 503]);
    weather.note(`${status} for ${request.method} ${request.path}`);
    const message = "the server is not able to do this now";
    const headers = { date: new Date(weather.clock.now()).toUTCString() };
    const body = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: reasons[status],
      code: status,
      message,
    };
    return { status, headers, body };
  };

  return {
    endpoint: sent(weather.clock.now()).endpoint,
    async request(request) {
      const connection = sent(weather.clock.now());
      const { apiTimeouts, apiRefusals, staleReads } = weather.knobs();
      if (weather.dice("apiTimeouts").chance(apiTimeouts)) return unanswered(connection, request);
      if (weather.dice("apiRefusals").chance(apiRefusals)) return refused(request);
      const answer = await connection.request(request);
      const slow = weather.dice("staleReads");
      if (isRead(request) && slow.chance(staleReads)) await weather.clock.sleep(slow.between(200, 4_000));
      return answer;
    },
    stream: (request) => sent(weather.clock.now()).stream(request),
    close: async () => {},
  };
}
