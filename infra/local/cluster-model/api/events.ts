import { isJsonObject, type Json, type JsonObject } from "../objects/json.ts";

/** Fields that bear another name in events.k8s.io/v1 than in core/v1; both are views of one stored object. */
const names: readonly [core: string, events: string][] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

function renamed(object: JsonObject, apiVersion: string, from: 0 | 1): JsonObject {
  const table = new Map(names.map((pair) => [pair[from], pair[from === 0 ? 1 : 0]]));
  const result: JsonObject = {};
  for (const [field, value] of Object.entries(object))
    if (value !== undefined) result[table.get(field) ?? field] = value;
  result["apiVersion"] = apiVersion;
  return result;
}

export function asEventsGroup(object: JsonObject): JsonObject {
  return renamed(object, "events.k8s.io/v1", 0);
}

/** A body or patch that speaks events.k8s.io/v1, in the words of core/v1. */
export function fromEventsGroup(body: Json): Json {
  return isJsonObject(body) ? renamed(body, "v1", 1) : body;
}
