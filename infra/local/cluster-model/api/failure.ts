import type { Resource } from "../resources.ts";
import { qualified, qualifiedKind } from "../resources.ts";

/** `metav1.Status`, the body of every error answer and of some successful ones. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message: string; field?: string }[];
  retryAfterSeconds?: number;
}

/** A request that the API server refuses; `status` is the answer. Words and codes are those of Kubernetes v1.36.3. */
export class ApiFailure extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? String(status.code));
    this.name = "ApiFailure";
    this.status = status;
  }
}

function failure(code: number, reason: string, message: string, details?: StatusDetails): ApiFailure {
  return new ApiFailure({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  });
}

const about = (resource: Resource, name: string): StatusDetails => ({
  ...(name === "" ? {} : { name }),
  ...(resource.group === "" ? {} : { group: resource.group }),
  kind: resource.name,
});

export const notFound = (resource: Resource, name: string): ApiFailure =>
  failure(404, "NotFound", `${qualified(resource)} ${JSON.stringify(name)} not found`, about(resource, name));

/** A path that no resource answers. */
export const noSuchPath = (): ApiFailure =>
  failure(404, "NotFound", "the server could not find the requested resource", {});

export const alreadyExists = (resource: Resource, name: string): ApiFailure =>
  failure(409, "AlreadyExists", `${qualified(resource)} ${JSON.stringify(name)} already exists`, about(resource, name));

export const conflict = (resource: Resource, name: string, why: string): ApiFailure =>
  failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
    about(resource, name),
  );

/** Deletion preconditions name the kind where every other error names the resource: so does the real server. */
export const preconditionFailed = (resource: Resource, name: string, why: string): ApiFailure =>
  failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedKind(resource)} ${JSON.stringify(name)}: ${why}`,
    { ...about(resource, name), kind: resource.kind },
  );

export const unauthorized = (): ApiFailure => failure(401, "Unauthorized", "Unauthorized");

export const forbidden = (
  resource: Resource,
  name: string,
  why: string,
  causes?: StatusDetails["causes"],
): ApiFailure =>
  failure(
    403,
    "Forbidden",
    name === ""
      ? `${qualified(resource)} is forbidden: ${why}`
      : `${qualified(resource)} ${JSON.stringify(name)} is forbidden: ${why}`,
    { ...about(resource, name), ...(causes === undefined ? {} : { causes }) },
  );

export const forbiddenPath = (why: string): ApiFailure => failure(403, "Forbidden", `forbidden: ${why}`, {});

export const badRequest = (message: string): ApiFailure => failure(400, "BadRequest", message);

export interface FieldProblem {
  reason: "FieldValueInvalid" | "FieldValueRequired" | "FieldValueForbidden" | "FieldValueNotSupported";
  field: string;
  /** Without the field's name, which is put before it. */
  message: string;
}

export function invalid(kind: string, name: string, problems: readonly FieldProblem[]): ApiFailure {
  const texts = problems.map((each) => `${each.field}: ${each.message}`);
  const [group, ...rest] = kind.split(".").reverse();
  const all = texts.length === 1 ? texts.join("") : `[${texts.join(", ")}]`;
  return failure(422, "Invalid", `${kind} ${JSON.stringify(name)} is invalid: ${all}`, {
    ...(name === "" ? {} : { name }),
    ...(rest.length === 0 ? {} : { group: kind.slice(kind.indexOf(".") + 1) }),
    kind: rest.length === 0 ? (group ?? kind) : kind.slice(0, kind.indexOf(".")),
    causes: problems.map((each) => ({ reason: each.reason, message: each.message, field: each.field })),
  });
}

export const unprocessable = (message: string): ApiFailure => failure(422, "Invalid", message, {});

export const methodNotAllowed = (): ApiFailure =>
  failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const unsupportedMediaType = (accepted: readonly string[]): ApiFailure =>
  failure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

export const notAcceptable = (message: string): ApiFailure => failure(406, "NotAcceptable", message);

/** A kind of patch that is not taken; answered by the router, before any handler. */
export const unsupportedPatch = (): ApiFailure =>
  failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});

/** Options that a request carries in its query or body. */
export function invalidOptions(kind: string, field: string, value: string, supported: string): ApiFailure {
  const message = `Unsupported value: ${value}: supported values: ${supported}`;
  return invalid(`${kind}.meta.k8s.io`, "", [{ reason: "FieldValueNotSupported", field, message }]);
}

export function expired(message: string, continueToken?: string): ApiFailure {
  const gone = failure(410, "Expired", message);
  if (continueToken !== undefined) gone.status.metadata = { continue: continueToken };
  return gone;
}

export const tooLargeResourceVersion = (asked: number, current: number): ApiFailure =>
  failure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });

export function tooManyRequests(message: string, retryAfterSeconds: number, cause?: string): ApiFailure {
  return failure(429, "TooManyRequests", message, {
    ...(cause === undefined ? {} : { causes: [{ reason: "DisruptionBudget", message: cause }] }),
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

/** A bare failure without reason or details, as the eviction subresource answers for two budgets. */
export const bareFailure = (code: number, message: string): ApiFailure =>
  new ApiFailure({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code });

export const success = (details?: StatusDetails, code = 200): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  ...(details === undefined ? {} : { details }),
  code,
});

/** An answer of any code, for faults that a test asks for. */
export const anyFailure = (code: number, reason: string, message: string, retryAfterSeconds?: number): ApiFailure =>
  failure(code, reason, message, retryAfterSeconds === undefined ? undefined : { retryAfterSeconds });
