import { KnitboneError } from "../errors.ts";
import { statusOf } from "./answer-status.ts";
import type { ApiAnswer } from "./connection.ts";

/** The error for a read's answer that is neither 2xx nor "this object is not there". `who` names the cluster or context for people. */
export function readError(
  answer: ApiAnswer,
  who: { readonly title: string; readonly endpoint: string },
  path: string,
): KnitboneError {
  const { message } = statusOf(answer);
  const { status } = answer;
  if (status === 401) {
    return new KnitboneError(
      "ClusterUnauthorized",
      `the server at ${who.endpoint} refused the credentials of ${who.title}: ${message}`,
    );
  }
  if (status === 403) {
    return new KnitboneError(
      "ClusterUnauthorized",
      `the server at ${who.endpoint} does not let ${who.title} read ${path}: ${message}`,
    );
  }
  if (status === 429 || status === 408 || status === 410 || status >= 500) {
    return new KnitboneError("ClusterUnreachable", `reading ${path} from ${who.title} at ${who.endpoint}: ${message}`, {
      retryable: true,
    });
  }
  return new KnitboneError(
    "ClusterAnswerUnreadable",
    `reading ${path} from ${who.title} at ${who.endpoint}: ${message}`,
  );
}

/** A 2xx answer, or a part of one, that is not what was asked for. */
export function unreadable(
  who: { readonly title: string; readonly endpoint: string },
  path: string,
  what: string,
): KnitboneError {
  return new KnitboneError("ClusterAnswerUnreadable", `reading ${path} from ${who.title} at ${who.endpoint}: ${what}`);
}
