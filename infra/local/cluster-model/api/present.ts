import type { JsonObject } from "../objects/json.ts";
import { asJson } from "../objects/json.ts";
import type { KubeObject } from "../objects/meta.ts";
import { groupVersion } from "../resources.ts";
import { asEventsGroup } from "./events.ts";
import type { ApiRequest, Target } from "./request.ts";

/** How objects leave: as they are, as Events of the other group, or as metadata only. */
export interface Presenter {
  object(object: KubeObject): JsonObject;
  /** Items of a list do not repeat kind and apiVersion, except in metadata-only lists. */
  list(items: readonly KubeObject[], metadata: JsonObject): JsonObject;
}

const bare = new WeakMap<object, JsonObject>();

/** Shared between answers: stored objects never change. */
function withoutType(object: KubeObject): JsonObject {
  const known = bare.get(object);
  if (known) return known;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const fields = rest as unknown as JsonObject;
  bare.set(object, fields);
  return fields;
}

export function presenterFor(request: ApiRequest, { resource, group }: Target): Presenter {
  const accept = request.headers?.["accept"] ?? "";
  if (/as=PartialObjectMetadata/.test(accept)) return metadataOnly;
  if (group === "events.k8s.io") {
    const view = (object: KubeObject) => asEventsGroup(asJson(object));
    return {
      object: view,
      list: (items, metadata) => ({
        kind: "EventList",
        apiVersion: "events.k8s.io/v1",
        metadata,
        items: items.map((item) => {
          const { apiVersion: _apiVersion, kind: _kind, ...rest } = view(item);
          return rest;
        }),
      }),
    };
  }
  return {
    object: (object) => asJson(object),
    list: (items, metadata) => ({
      kind: `${resource.kind}List`,
      apiVersion: groupVersion(resource),
      metadata,
      items: items.map(withoutType),
    }),
  };
}

const metadataOnly: Presenter = {
  object: partial,
  list: (items, metadata) => ({
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    items: items.map(partial),
  }),
};

function partial(object: KubeObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: asJson(object.metadata) };
}
