import { copyOf, isJsonObject, type Json, type JsonObject } from "../objects/json.ts";

/** RFC 7396: objects merge field by field, null removes a field, everything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return copyOf(patch);
  const result: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else if (value !== undefined) result[field] = mergePatch(result[field], value);
  }
  return result;
}
