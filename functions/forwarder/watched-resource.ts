/** One resource that is listed and watched. */
export interface WatchedResource {
  readonly name: "pods" | "nodes" | "events" | "leases";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

export const watchedResources = {
  pods: { name: "pods", path: "/api/v1/pods" },
  nodes: { name: "nodes", path: "/api/v1/nodes" },
  // core/v1, which every server has. Only warnings leave the server: the others say nothing that a signal asks for.
  events: { name: "events", path: "/api/v1/events", query: { fieldSelector: "type=Warning" } },
  leases: { name: "leases", path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases" },
} as const satisfies Record<string, WatchedResource>;
