import { type Raw, rawList, rawNumber, rawObject, rawText } from "../kubernetes/raw.ts";
import type { ApiAnswer } from "./connection.ts";
import { withoutSecrets } from "./connection-failure.ts";

/** What an answer says of itself: `metav1.Status` where the API server spoke, or whatever a gateway put in its place. */
export interface AnswerStatus {
  /** The body is a Status of the API server, not a gateway's page. */
  readonly fromServer: boolean;
  readonly reason: string;
  /** One line, cut, without control characters: the words are a stranger's. */
  readonly message: string;
  readonly details: Raw;
  readonly causes: readonly Raw[];
}

export function statusOf(answer: ApiAnswer): AnswerStatus {
  const body = rawObject(answer.body);
  const details = rawObject(body["details"]);
  const causes = rawList(details["causes"]);
  const fromServer = body["kind"] === "Status";
  const said =
    rawText(body["message"]) || rawText(body["reason"]) || (typeof answer.body === "string" ? answer.body : "");
  const because = causes
    .map((each) => rawText(each["message"]) ?? "")
    .filter((each) => each !== "" && !said.includes(each));
  return {
    fromServer,
    reason: rawText(body["reason"]) ?? "",
    message: withoutSecrets([String(answer.status), said, ...because].filter((each) => each !== "").join(" ")),
    details,
    causes,
  };
}

/**
 * Whether a 404 says that one of these names is not there. A gateway's 404, or one for a path that the server does not know, says nothing
 * about the object: taking it for "gone" would be believing a broken proxy.
 */
export function saysNotFound(answer: ApiAnswer, names: readonly string[]): boolean {
  const { fromServer, reason, details } = statusOf(answer);
  return answer.status === 404 && fromServer && reason === "NotFound" && names.includes(rawText(details["name"]) ?? "");
}

/** Milliseconds of Retry-After: the header, else the Status; undefined when neither names more than zero. */
export function retryAfterMs(answer: ApiAnswer): number | undefined {
  const header = Number(answer.headers["retry-after"]);
  const seconds = header > 0 ? header : (rawNumber(statusOf(answer).details["retryAfterSeconds"]) ?? 0);
  return seconds > 0 ? seconds * 1_000 : undefined;
}
