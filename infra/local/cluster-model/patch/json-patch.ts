import { unprocessable } from "../api/failure.ts";
import { copyOf, isJsonObject, type Json, sameJson } from "../objects/json.ts";

interface Operation {
  op: string;
  path: string;
  value?: Json;
  from?: string;
}

/** RFC 6902. A `test` that fails, or a path that is not there, refuses the whole patch with 422, as the API server does. */
export function jsonPatch(target: Json, patch: readonly Json[]): Json {
  return patch.map(operation).reduce(apply, copyOf(target));
}

function operation(raw: Json): Operation {
  if (!isJsonObject(raw) || typeof raw["op"] !== "string" || typeof raw["path"] !== "string") {
    throw unprocessable("the server rejected our request due to an error in our request");
  }
  return {
    op: raw["op"],
    path: raw["path"],
    ...(raw["value"] === undefined ? {} : { value: raw["value"] }),
    ...(typeof raw["from"] === "string" ? { from: raw["from"] } : {}),
  };
}

function apply(document: Json, { op, path, value, from = "" }: Operation): Json {
  switch (op) {
    case "test":
      if (!sameJson(read(document, path) ?? null, value ?? null)) {
        throw unprocessable(`testing path ${path} failed`);
      }
      return document;
    case "add":
      return write(document, path, value ?? null, true);
    case "replace":
      if (read(document, path) === undefined) throw missing("replace", path);
      return write(document, path, value ?? null, false);
    case "remove":
      return remove(document, path);
    case "move":
      return write(remove(document, from), path, required(document, from), true);
    case "copy":
      return write(document, path, copyOf(required(document, from)), true);
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

const steps = (path: string): string[] =>
  path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

const missing = (op: string, path: string) =>
  unprocessable(`${op} operation does not apply: doc is missing path: ${path}: missing value`);

function read(document: Json, path: string): Json | undefined {
  let value: Json | undefined = document;
  for (const step of steps(path)) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isJsonObject(value) ? value[step] : undefined;
  }
  return value;
}

function required(document: Json, path: string): Json {
  const value = read(document, path);
  if (value === undefined) throw missing("copy", path);
  return value;
}

function parentOf(document: Json, path: string): { parent: Json; last: string } {
  const all = steps(path);
  const last = all.pop() ?? "";
  const parent = read(document, all.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));
  if (typeof parent !== "object" || parent === null) throw missing("add", path);
  return { parent, last };
}

function write(document: Json, path: string, value: Json, insert: boolean): Json {
  if (path === "") return value;
  const { parent, last } = parentOf(document, path);
  if (Array.isArray(parent)) {
    const at = last === "-" ? parent.length : Number(last);
    if (!Number.isInteger(at) || at < 0 || at > parent.length) throw missing("add", path);
    parent.splice(at, insert ? 0 : 1, value);
  } else if (isJsonObject(parent)) parent[last] = value;
  return document;
}

function remove(document: Json, path: string): Json {
  if (read(document, path) === undefined) throw missing("remove", path);
  const { parent, last } = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isJsonObject(parent)) delete parent[last];
  return document;
}
