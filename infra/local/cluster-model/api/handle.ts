import type { Instant } from "../../../../shared/time/clock.ts";
import type { Access } from "./access.ts";
import { answer } from "./answer.ts";
import type { AuditLog } from "./audit.ts";
import { beginRecord, endRecord } from "./audit-record.ts";
import { discover } from "./discovery.ts";
import { ApiFailure } from "./failure.ts";
import { type ApiRequest, type ApiResponse, type Target, targetOf } from "./request.ts";
import { execute, type VerbParts } from "./verbs.ts";

export interface HandlerParts extends VerbParts {
  access: Access;
  audit: AuditLog;
  /** A failure that a test has ordered for this request, or undefined. */
  fault(request: ApiRequest, target: Target | undefined): ApiFailure | undefined;
}

export type Handler = (request: ApiRequest) => ApiResponse;

/** The whole API server behind its transport: authentication, authorization, verb, audit. Answers at once and never throws an `ApiFailure`. */
export function handler(parts: HandlerParts): Handler {
  return (request) => {
    const now = parts.clock.now();
    return orRefusal(now, () => {
      const user = parts.access.authenticate(request.headers?.["authorization"]);
      const document = request.method === "GET" ? discover(request.path) : undefined;
      if (document === undefined) return object(parts, request, user, now);
      const ordered = parts.fault(request, undefined);
      if (ordered) throw ordered;
      parts.access.authorizePath(user, "get", request.path);
      return answer(200, document, now);
    });
  };
}

/** A request about objects. Writes are recorded however they end. */
function object(
  parts: HandlerParts,
  request: ApiRequest,
  user: ReturnType<Access["authenticate"]>,
  now: Instant,
): ApiResponse {
  const { store, access, audit } = parts;
  const target = targetOf(request);
  const record = beginRecord(store, request, user, target, now);
  if (!record) audit.read(user.name, target.verb);
  const response = orRefusal(now, () => {
    const ordered = parts.fault(request, target);
    if (ordered) throw ordered;
    access.authorize(user, target);
    return execute(parts, request, target, now);
  });
  if (record) audit.write(endRecord(record, response));
  return response;
}

function orRefusal(now: Instant, act: () => ApiResponse): ApiResponse {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    const { status } = error;
    const retryAfter = status.details?.retryAfterSeconds;
    return answer(status.code, status, now, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
  }
}
