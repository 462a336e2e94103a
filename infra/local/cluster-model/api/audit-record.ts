import type { Instant } from "../../../../shared/time/clock.ts";
import { copyOf, isJsonObject, type Json, type JsonObject } from "../objects/json.ts";
import type { Store } from "../store.ts";
import type { User } from "./access.ts";
import type { AuditRecord } from "./audit.ts";
import type { ApiRequest, ApiResponse, Target } from "./request.ts";

/** The record of a write before it is carried out; undefined for reads. */
export function beginRecord(
  store: Store,
  request: ApiRequest,
  user: User,
  target: Target,
  now: Instant,
): AuditRecord | undefined {
  const { resource, verb, namespace, name, subresource, group } = target;
  if (verb === "get" || verb === "list" || verb === "watch") return undefined;
  const body = readable(request);
  const before = name === "" ? undefined : store.get(resource.name, namespace, name);
  const options = optionsIn(target, body);
  return {
    at: now,
    verb,
    user: user.name,
    userAgent: request.headers?.["user-agent"] ?? "",
    group,
    resource: resource.name,
    subresource,
    namespace,
    name: name === "" ? nameIn(body) : name,
    code: 0,
    dryRun: request.query?.["dryRun"] === "All" || (Array.isArray(options["dryRun"]) && options["dryRun"].length > 0),
    ...preconditions(options),
    ...grace(options["gracePeriodSeconds"] ?? request.query?.["gracePeriodSeconds"]),
    ...(body === undefined ? {} : { requestBody: body }),
    ...(before ? { uidBefore: before.metadata.uid, resourceVersionBefore: before.metadata.resourceVersion } : {}),
  };
}

/** The name that the server made up, and how it ended. */
export function endRecord(record: AuditRecord, response: ApiResponse): AuditRecord {
  const name = record.name === "" && response.kind === "answer" ? nameIn(response.body as Json) : record.name;
  return { ...record, name, code: response.status };
}

/** DeleteOptions: the body of a DELETE, or a part of an Eviction's. */
function optionsIn({ verb, subresource }: Target, body: Json | undefined): JsonObject {
  const options = subresource === "eviction" && isJsonObject(body) ? body["deleteOptions"] : body;
  return (verb === "delete" || subresource === "eviction") && isJsonObject(options) ? options : {};
}

function preconditions(options: JsonObject): Pick<AuditRecord, "preconditionUid" | "preconditionResourceVersion"> {
  const { uid, resourceVersion } = isJsonObject(options["preconditions"]) ? options["preconditions"] : {};
  return {
    ...(typeof uid === "string" ? { preconditionUid: uid } : {}),
    ...(typeof resourceVersion === "string" ? { preconditionResourceVersion: resourceVersion } : {}),
  };
}

const grace = (seconds: Json | undefined): Pick<AuditRecord, "gracePeriodSeconds"> =>
  seconds === undefined || seconds === null ? {} : { gracePeriodSeconds: Number(seconds) };

/** A body that cannot be read is refused later, in the request's own order of checks. A copy: callers may go on with theirs. */
function readable(request: ApiRequest): Json | undefined {
  if (request.body !== undefined) return copyOf(request.body);
  if (!request.rawBody) return undefined;
  try {
    return JSON.parse(request.rawBody);
  } catch {
    return request.rawBody;
  }
}

function nameIn(body: Json | undefined): string {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const name = isJsonObject(metadata) ? metadata["name"] : undefined;
  return typeof name === "string" ? name : "";
}
