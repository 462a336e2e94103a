import { isJsonObject, type Json } from "../objects/json.ts";
import { allResources, type Resource, resources } from "../resources.ts";
import type { Watch } from "../watch.ts";
import type { Verb } from "./access.ts";
import { badRequest, invalidOptions, noSuchPath, unsupportedMediaType } from "./failure.ts";

/** One request, as HTTP carries it. `headers` have lower-case names. */
export interface ApiRequest {
  method: string;
  /** Without the query. */
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** Already parsed, or as text that is still to be parsed. */
  body?: Json;
  rawBody?: string;
}

export interface Answer {
  kind: "answer";
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

export interface WatchAnswer {
  kind: "watch";
  status: 200;
  headers: Readonly<Record<string, string>>;
  /** Lines as they go over the wire: the transformation that the request asked for is already in them. */
  watch: Watch;
  present(object: unknown): unknown;
}

export type ApiResponse = Answer | WatchAnswer;

/** What a path means. */
export interface Target {
  resource: Resource;
  /** As asked for: events have two groups. */
  group: string;
  version: string;
  namespace: string;
  name: string;
  subresource: string;
  verb: Verb;
}

/** The target of a resource path; throws 404 for a resource that is not there. */
export function targetOf(request: ApiRequest): Target {
  const { group, version, path } = versionOf(request.path);
  const isNamespaced = path[0] === "namespaces" && path.length >= 3 && !["status", "finalize"].includes(path[2] ?? "");
  const namespace = isNamespaced ? (path[1] ?? "") : "";
  const [plural = "", name = "", subresource = "", ...extra] = isNamespaced ? path.slice(2) : path;
  const resource = allResources.find((each) => each.name === plural && servedBy(each, group, version));
  if (!resource || extra.length > 0) throw noSuchPath();
  const misplaced = isNamespaced ? !resource.namespaced : name !== "" && resource.namespaced;
  if (misplaced || (subresource !== "" && !isSubresource(resource, subresource))) throw noSuchPath();
  return { resource, group, version, namespace, name, subresource, verb: verbOf(request, name) };
}

/** `/api/v1/…` or `/apis/<group>/<version>/…`. */
function versionOf(text: string): { group: string; version: string; path: string[] } {
  const [root, ...rest] = text
    .split("/")
    .filter((step) => step !== "")
    .map(decodeURIComponent);
  const [group, version, ...path] = root === "api" ? ["", ...rest] : rest;
  if ((root !== "api" && root !== "apis") || group === undefined || version === undefined) throw noSuchPath();
  return { group, version, path };
}

const isSubresource = (resource: Resource, name: string): boolean =>
  resource.subresources.some((each) => each === name) || (resource.name === "namespaces" && name === "finalize");

export function servedBy(resource: Resource, group: string, version: string): boolean {
  if (resource === resources.events && group === "events.k8s.io" && version === "v1") return true;
  return resource.group === group && resource.version === version;
}

function verbOf({ method, query = {} }: ApiRequest, name: string): Verb {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      if (isTrue(query["watch"])) return "watch";
      return name === "" ? "list" : "get";
  }
}

/** As `strconv.ParseBool` reads query parameters; a bare `?watch` counts as well. */
export function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["", "1", "t", "T", "true", "TRUE", "True"].includes(text);
}

export function wholeNumber(query: Readonly<Record<string, string>>, field: string): number | undefined {
  const text = query[field];
  if (text === undefined || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

const bodyTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

export function mediaType(request: ApiRequest): string {
  return (request.headers?.["content-type"] ?? "").replace(/;.*$/, "").trim().toLowerCase();
}

/** The body of a create, update or delete. YAML and protobuf are announced by a real server but not read by this one. */
export function bodyOf(request: ApiRequest): Json | undefined {
  const type = mediaType(request);
  const text = request.rawBody ?? "";
  if (request.body === undefined && text === "") return undefined;
  if (type !== "" && type !== "application/json" && request.rawBody !== undefined)
    throw unsupportedMediaType(bodyTypes);
  return request.body ?? parsed(text);
}

/** The body of a patch, whose media type says what kind of patch it is. */
export function patchOf(request: ApiRequest): Json {
  if (request.body !== undefined) return request.body;
  return parsed(request.rawBody ?? "");
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unreadable";
    throw badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${why}`);
  }
}

/** `dryRun=All`, in the query or in the body's list; anything else than All is refused. */
export function isDryRun(options: string, query: Readonly<Record<string, string>>, body?: Json): boolean {
  const inBody = isJsonObject(body) && Array.isArray(body["dryRun"]) ? body["dryRun"].map(String) : [];
  const inQuery = query["dryRun"] === undefined || query["dryRun"] === "" ? [] : [query["dryRun"]];
  const all = [...inBody, ...inQuery];
  if (all.some((each) => each !== "All")) throw invalidOptions(options, "dryRun", JSON.stringify(all), '"All"');
  return all.length > 0;
}
