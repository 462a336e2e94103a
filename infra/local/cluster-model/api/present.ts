import type { JsonObject } from "../objects/json.ts";
import { asJson } from "../objects/json.ts";
import type { KubeObject } from "../objects/meta.ts";
import { groupVersion } from "../resources.ts";
import { type Shape, shapeAsked } from "./accept.ts";
import { asEventsGroup } from "./events.ts";
import { notAcceptable } from "./failure.ts";
import type { ApiRequest, Target } from "./request.ts";

/** How objects leave: as they are, as Events of the other group, or as metadata only. Both throw 406 for what was asked of the other. */
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

/** Throws 406, before anything is done, where the request accepts nothing that can be sent. */
export function presenterFor(request: ApiRequest, { resource, group }: Target): Presenter {
  const shape = shapeAsked(request.headers?.["accept"] ?? "");
  if (shape !== "whole") return metadataOnly(shape, resource.kind);
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

/** `PartialObjectMetadata` of one object, or a list of them; `kind` is what the objects are. */
function metadataOnly(shape: Exclude<Shape, "whole">, kind: string): Presenter {
  return {
    object(object) {
      if (shape === "metadataList") throw mismatch("PartialObjectMetadataList", "not a list", kind);
      return partial(object);
    },
    list(items, metadata) {
      if (shape === "metadata") throw mismatch("PartialObjectMetadata", "a list", `${kind}List`);
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        // Not []: so does the real server, in this view alone.
        items: items.length === 0 ? null : items.map(partial),
      };
    },
  };
}

const mismatch = (asked: string, is: string, kind: string) =>
  notAcceptable(`you requested ${asked}, but the requested object is ${is} (*core.${kind})`);

const partials = new WeakMap<object, JsonObject>();

/** Shared between answers, as above. */
function partial(object: KubeObject): JsonObject {
  const known = partials.get(object);
  if (known) return known;
  const made = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: asJson(object.metadata) };
  partials.set(object, made);
  return made;
}
