import type { JsonObject } from "../objects/json.ts";
import { allResources, type Resource } from "../resources.ts";
import { servedBy } from "./request.ts";

export const gitVersion = "v1.36.3";

const groups = ["apps", "batch", "coordination.k8s.io", "events.k8s.io", "policy"];

function groupEntry(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: "v1" };
  return { name, versions: [version], preferredVersion: version };
}

const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

function kindOf(subresource: Resource["subresources"][number], kind: string): JsonObject {
  switch (subresource) {
    case "eviction":
      return { group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] };
    case "binding":
      return { kind: "Binding", verbs: ["create"] };
    case "scale":
      return { group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] };
    case "status":
      return { kind, verbs: ["get", "patch", "update"] };
  }
}

function entries(resource: Resource): JsonObject[] {
  const { name, kind, namespaced } = resource;
  const own: JsonObject = {
    name,
    singularName: resource.singular,
    namespaced,
    kind,
    verbs,
    ...(resource.shortNames.length === 0 ? {} : { shortNames: [...resource.shortNames] }),
    ...(resource.categories.length === 0 ? {} : { categories: [...resource.categories] }),
  };
  const under = resource.subresources.map(
    (subresource): JsonObject => ({
      name: `${name}/${subresource}`,
      singularName: "",
      namespaced,
      ...kindOf(subresource, kind),
    }),
  );
  return [own, ...under];
}

function resourceList(group: string): JsonObject | undefined {
  const served = allResources.filter((each) => servedBy(each, group, "v1"));
  if (served.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? "v1" : `${group}/v1`,
    resources: served.flatMap(entries),
  };
}

/** What the model says of itself: versions, groups, resources, health. `undefined`: not a path of this kind. */
export function discover(path: string): JsonObject | string | undefined {
  switch (path.replace(/\/$/, "")) {
    case "/version":
      return {
        major: "1",
        minor: "36",
        gitVersion,
        gitCommit: "",
        gitTreeState: "clean",
        buildDate: "1970-01-01T00:00:00Z",
        goVersion: "none",
        compiler: "none",
        platform: "knitbone/model",
      };
    case "/healthz":
    case "/readyz":
    case "/livez":
      return "ok";
    case "/api":
      return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    case "/api/v1":
      return resourceList("");
    case "/apis":
      return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupEntry) };
    default: {
      const [, group = "", version] = /^\/apis\/([^/]+)(?:\/([^/]+))?\/?$/.exec(path) ?? [];
      if (!groups.includes(group)) return undefined;
      if (version === undefined) return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
      return version === "v1" ? resourceList(group) : undefined;
    }
  }
}
