import { badRequest } from "../api/failure.ts";
import { copyOf, isJsonObject, type Json, type JsonObject, sameJson } from "../objects/json.ts";

/**
 * Lists that merge by key, by the name of the field that holds them (`patchMergeKey` in the API types), and lists of plain values
 * that merge as sets. All other lists are replaced. Node taints are `patchStrategy: atomic` in the API types: replaced as well.
 */
const mergeKeys: Readonly<Record<string, string>> = {
  conditions: "type",
  ownerReferences: "uid",
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  volumes: "name",
  env: "name",
  imagePullSecrets: "name",
  addresses: "type",
  ports: "containerPort",
  volumeMounts: "mountPath",
  hostIPs: "ip",
  podIPs: "ip",
  topologySpreadConstraints: "topologyKey",
};
const sets = new Set(["finalizers"]);

/** Kubernetes' strategic merge patch, for the fields above, with `$patch: delete|replace`, `$deleteFromPrimitiveList`, `$setElementOrder`, `$retainKeys`. */
export function strategicMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  if (patch["$patch"] === "replace") return without(patch, "$patch");
  if (patch["$patch"] === "delete") return {};
  let result: JsonObject = { ...target };
  const retain = patch["$retainKeys"];
  if (Array.isArray(retain)) {
    result = Object.fromEntries(Object.entries(result).filter(([field]) => retain.includes(field)));
  }
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined || field === "$retainKeys" || field.startsWith("$setElementOrder/")) continue;
    const fromList = /^\$deleteFromPrimitiveList\/(.+)$/.exec(field)?.[1];
    if (fromList !== undefined) {
      const kept = listOf(result[fromList]).filter((each) => !listOf(value).some((gone) => sameJson(gone, each)));
      if (kept.length === 0) delete result[fromList];
      else result[fromList] = kept;
    } else if (value === null) delete result[field];
    else result[field] = mergedField(field, result[field], value);
  }
  return result;
}

const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function without(object: JsonObject, field: string): JsonObject {
  const copy = { ...copyOf(object) };
  delete copy[field];
  return copy;
}

function mergedField(field: string, current: Json | undefined, value: Json): Json {
  if (Array.isArray(value)) {
    const key = mergeKeys[field];
    if (key !== undefined && value.every(isJsonObject)) return mergedList(field, listOf(current), value, key);
    if (sets.has(field)) {
      const own = listOf(current);
      return [...own, ...value.filter((each) => !own.includes(each))];
    }
    return copyOf(value);
  }
  if (!isJsonObject(value)) return value;
  return strategicMergePatch(isJsonObject(current) ? current : {}, value);
}

function mergedList(field: string, current: Json[], patch: JsonObject[], key: string): Json[] {
  if (patch.some((each) => each["$patch"] === "replace")) {
    return patch.filter((each) => each["$patch"] !== "replace").map((each) => copyOf(each));
  }
  const result = [...current];
  for (const each of patch) {
    const id = each[key];
    if (id === undefined) {
      throw badRequest(`map: ${JSON.stringify(each)} does not contain declared merge key: ${key} (${field})`);
    }
    const at = result.findIndex((item) => isJsonObject(item) && item[key] === id);
    const existing = result[at];
    if (each["$patch"] === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (isJsonObject(existing)) result[at] = strategicMergePatch(existing, each);
    else result.push(strategicMergePatch({}, each));
  }
  return result;
}
