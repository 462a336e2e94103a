import type { Clock, Instant } from "../../../../shared/time/clock.ts";
import { asJson, isJsonObject, type Json, type JsonObject } from "../objects/json.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { DeleteOptions, Eviction } from "../objects/policy.ts";
import type { Lister } from "../paging.ts";
import { patchTypes, type Registry } from "../registry.ts";
import { resources } from "../resources.ts";
import type { Store } from "../store.ts";
import type { WatchHub } from "../watch.ts";
import type { Admission } from "./admission.ts";
import { answer } from "./answer.ts";
import { bind } from "./binding.ts";
import { fromEventsGroup } from "./events.ts";
import { evict } from "./eviction.ts";
import {
  badRequest,
  bareFailure,
  invalid,
  invalidOptions,
  methodNotAllowed,
  success,
  unsupportedPatch,
} from "./failure.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { parseLabelSelector } from "./label-selector.ts";
import { type Presenter, presenterFor } from "./present.ts";
import {
  type ApiRequest,
  type ApiResponse,
  bodyOf,
  isDryRun,
  isTrue,
  mediaType,
  patchOf,
  type Target,
  wholeNumber,
} from "./request.ts";
import { readScale, writeScale } from "./scale.ts";

/** What the verbs work on. */
export interface VerbParts {
  store: Store;
  registry: Registry;
  lister: Lister;
  watches: WatchHub;
  admission: Admission;
  clock: Clock;
}

/** One request on its way: what it is about, when it came and how its answer is to look. */
interface Call {
  request: ApiRequest;
  target: Target;
  now: Instant;
  presenter: Presenter;
}

/** Length of a watch that does not say how long it wants to last: the real server draws from 30 to 60 minutes. */
const defaultWatchMs = 45 * 60_000;

/** Carries out a request that is allowed; throws `ApiFailure` where the API server refuses. */
export function execute(parts: VerbParts, request: ApiRequest, target: Target, now: Instant): ApiResponse {
  const call: Call = { request, target, now, presenter: presenterFor(request, target) };
  switch (target.verb) {
    case "get":
      return get(parts, call);
    case "list":
      return list(parts, call);
    case "watch":
      return watch(parts, call);
    case "create":
      return create(parts, call);
    case "update":
      return update(parts, call);
    case "patch":
      return patch(parts, call);
    case "delete":
      return remove(parts, call);
    case "deletecollection":
      throw methodNotAllowed();
  }
}

function get({ registry }: VerbParts, { target, now, presenter }: Call): ApiResponse {
  const object = registry.read(target.resource, target.namespace, target.name);
  if (target.subresource === "scale") return answer(200, readScale(object), now);
  if (target.subresource === "eviction" || target.subresource === "binding") throw methodNotAllowed();
  return answer(200, presenter.object(object), now);
}

function selection(request: ApiRequest, { resource, namespace, name, group }: Target) {
  const { labelSelector = "", fieldSelector = "" } = request.query ?? {};
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector, resource, group);
  return {
    selective: labelSelector !== "" || fieldSelector !== "",
    matches: (object: KubeObject): boolean =>
      (namespace === "" || object.metadata.namespace === namespace) &&
      (name === "" || object.metadata.name === name) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object),
  };
}

function list({ lister }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { query = {} } = request;
  const limit = wholeNumber(query, "limit");
  const { resourceVersion, resourceVersionMatch, continue: continueToken } = query;
  if (resourceVersion && !isNumber(resourceVersion)) {
    throw badRequest(`invalid resource version: ${notANumber(resourceVersion)}`);
  }
  if (resourceVersionMatch && !resourceVersion) {
    throw forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  const page = lister.list({
    resource: target.resource,
    namespace: target.namespace,
    ...selection(request, target),
    ...(limit === undefined ? {} : { limit }),
    ...(continueToken ? { continueToken } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(resourceVersionMatch ? { resourceVersionMatch } : {}),
  });
  const metadata: JsonObject = {
    resourceVersion: String(page.revision),
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  return answer(200, presenter.list(page.items, metadata), now);
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

const notANumber = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;

const forbiddenMatch = (why: string) =>
  invalid("ListOptions.meta.k8s.io", "", [
    { reason: "FieldValueForbidden", field: "resourceVersionMatch", message: `Forbidden: ${why}` },
  ]);

function watch({ watches }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { query = {} } = request;
  const seconds = wholeNumber(query, "timeoutSeconds") ?? 0;
  const { resourceVersion = "" } = query;
  // A real server answers 500 here and 400 for a list.
  if (resourceVersion !== "" && !isNumber(resourceVersion)) throw bareFailure(500, notANumber(resourceVersion));
  const from = Number(resourceVersion);
  const sendInitialEvents = isTrue(query["sendInitialEvents"]);
  if (sendInitialEvents && query["resourceVersionMatch"] !== "NotOlderThan") {
    throw forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (query["sendInitialEvents"] === undefined && query["resourceVersionMatch"]) {
    throw forbiddenMatch("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  const opened = watches.open({
    resource: target.resource,
    matches: selection(request, target).matches,
    from,
    bookmarks: isTrue(query["allowWatchBookmarks"]),
    sendInitialEvents,
    until: now + (seconds > 0 ? seconds * 1_000 : defaultWatchMs),
  });
  return {
    kind: "watch",
    status: 200,
    headers: { "content-type": "application/json", date: new Date(now).toUTCString() },
    watch: opened,
    present: (object) => presenter.object(object as KubeObject),
  };
}

function create({ registry, store, admission }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { resource, namespace, name, subresource, group } = target;
  const body = bodyOf(request) ?? {};
  const dryRun = isDryRun(optionsKind(target), request.query ?? {});
  if (subresource === "eviction") {
    evict(store, registry, now, namespace, name, evictionOf(body), {
      dryRun: dryRun || isDryRun("DeleteOptions", {}, optionsIn(body)),
      admit: () => admission.admit(target),
    });
    return answer(201, success(undefined, 201), now);
  }
  if (subresource === "binding") {
    bind(registry, now, namespace, name, body);
    return answer(201, success(undefined, 201), now);
  }
  if (subresource !== "" || name !== "") throw methodNotAllowed();
  if (resource.namespaced && namespace === "") throw methodNotAllowed();
  const admit = () => admission.admit(target, nameIn(body));
  const object = registry.create(resource, namespace, spoken(body, group), { dryRun, admit });
  return answer(201, presenter.object(object), now);
}

const optionsKind = ({ verb }: Target): string => `${verb[0]?.toUpperCase()}${verb.slice(1)}Options`;

/** As admission names what has no name yet. */
function nameIn(body: Json): string {
  const metadata = isJsonObject(body) && isJsonObject(body["metadata"]) ? body["metadata"] : {};
  return String(metadata["name"] ?? metadata["generateName"] ?? "Unknown");
}

const optionsIn = (body: Json): Json | undefined => (isJsonObject(body) ? body["deleteOptions"] : undefined);

function evictionOf(body: Json): Eviction {
  const kind = isJsonObject(body) ? body["kind"] : undefined;
  if (!isJsonObject(body) || (kind !== undefined && kind !== "Eviction")) {
    throw badRequest(`no kind "${String(kind)}" is registered for version "policy/v1"`);
  }
  const metadata = isJsonObject(body["metadata"]) ? body["metadata"] : {};
  return { ...(asJson(body) as unknown as Eviction), metadata: metadata as Eviction["metadata"] };
}

/** A body in the words of the group that we store. */
function spoken(body: Json, group: string): Json {
  return group === "events.k8s.io" ? fromEventsGroup(body) : body;
}

function update({ registry, admission }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { resource, namespace, name, subresource, group } = target;
  if (name === "" || subresource === "eviction" || subresource === "binding") throw methodNotAllowed();
  const body = bodyOf(request) ?? {};
  const dryRun = isDryRun(optionsKind(target), request.query ?? {});
  if (subresource === "scale") {
    return answer(200, readScale(writeScale(registry, resource, namespace, name, body, dryRun)), now);
  }
  if (subresource === "finalize") return answer(200, registry.finalize(name, body), now);
  const options = { dryRun, admit: () => admission.admit(target) };
  const { object, created } = registry.update(resource, namespace, name, spoken(body, group), subresource, options);
  return answer(created ? 201 : 200, presenter.object(object), now);
}

function patch({ registry, admission }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { resource, namespace, name, subresource, group } = target;
  if (name === "" || subresource === "eviction" || subresource === "binding") throw methodNotAllowed();
  const type = mediaType(request);
  if (!patchTypes.some((each) => each === type)) throw unsupportedPatch();
  const body = patchOf(request);
  const dryRun = isDryRun(optionsKind(target), request.query ?? {});
  if (subresource === "scale") {
    return answer(200, readScale(writeScale(registry, resource, namespace, name, body, dryRun)), now);
  }
  const options = { dryRun, admit: () => admission.admit(target) };
  const object = registry.patch(resource, namespace, name, type, spoken(body, group), subresource, options);
  return answer(200, presenter.object(object), now);
}

function remove({ registry, admission }: VerbParts, { request, target, now, presenter }: Call): ApiResponse {
  const { resource, namespace, name, subresource } = target;
  if (subresource !== "") throw methodNotAllowed();
  const options = deleteOptions(request);
  const { object, removed } = registry.remove(resource, namespace, name, options, () => admission.admit(target));
  // These four give back what they deleted, the others a Status once the object is gone.
  const returned = [resources.pods, resources.namespaces, resources.persistentvolumeclaims].includes(resource);
  if (removed && !returned) {
    const details = { name, kind: resource.name, uid: object.metadata.uid };
    const group = resource.group === "" ? {} : { group: resource.group };
    return answer(200, { ...success({ ...details, ...group }), code: undefined }, now);
  }
  const accepted = !removed && options.orphanDependents === false;
  return answer(accepted ? 202 : 200, presenter.object(object), now);
}

function deleteOptions(request: ApiRequest): DeleteOptions {
  const { query = {} } = request;
  const body = bodyOf(request);
  if (body === undefined) {
    const grace = wholeNumber(query, "gracePeriodSeconds");
    const policy = query["propagationPolicy"];
    return checked({
      ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
      ...(policy === undefined ? {} : { propagationPolicy: policy as NonNullable<DeleteOptions["propagationPolicy"]> }),
      ...(isDryRun("DeleteOptions", query) ? { dryRun: ["All"] } : {}),
    });
  }
  if (!isJsonObject(body)) throw badRequest("decoded object cannot be converted to DeleteOptions");
  const { kind } = body;
  if (kind !== undefined && kind !== "DeleteOptions")
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  isDryRun("DeleteOptions", {}, body);
  return checked(body as unknown as DeleteOptions);
}

function checked(options: DeleteOptions): DeleteOptions {
  const policy: string | undefined = options.propagationPolicy;
  if (policy !== undefined && !["Orphan", "Background", "Foreground"].includes(policy)) {
    const known = '"Foreground", "Background", "Orphan", "nil"';
    throw invalidOptions("DeleteOptions", "propagationPolicy", JSON.stringify(policy), known);
  }
  return options;
}
