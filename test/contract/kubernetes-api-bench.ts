import { expect } from "vitest";
import { type Api, apiAt, type Body, type Call, type OpenWatch, type Reply } from "./kubernetes-api-client.ts";
import type { ConnectedServer } from "./kubernetes-api-server.ts";

/** One server with a namespace of its own, and what the cases need to make objects in it. */
export interface Bench extends Api, Pick<ConnectedServer, "forgetHistory" | "refuse"> {
  /** Made for this part of the suite, deleted afterwards. */
  namespace: string;
  /** A name that nobody has used yet. */
  fresh(prefix?: string): string;
  /** Paths of the namespace: `pods("x")`, `pods("x", "status")`, `at("apps", "deployments")`. */
  pods(name?: string, subresource?: string): string;
  at(group: string, resource: string, name?: string, subresource?: string): string;
  /** A node that nobody runs: its pods stay as the tests leave them. */
  node: string;
  create(path: string, body: object): Promise<Body>;
  /** A pod bound to the node without a kubelet. */
  boundPod(overrides?: PodOverrides): Promise<Body>;
  /** The same, Running and Ready (or not). */
  runningPod(overrides?: PodOverrides & { ready?: boolean }): Promise<Body>;
  setStatus(pod: Body, status: object): Promise<Body>;
  get(path: string): Promise<Body>;
  remove(path: string, call?: Call): Promise<Reply>;
  /** Opens a watch that ends with the suite. */
  open(
    path: string,
    query: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<OpenWatch>;
  /** Waits until `look` gives something; for what controllers do in their own time. */
  eventually<T>(look: () => Promise<T | undefined>): Promise<T>;
  end(): Promise<void>;
}

export interface PodOverrides {
  name?: string;
  labels?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: object[];
  annotations?: Record<string, string>;
  spec?: object;
}

export const container = { name: "app", image: "registry.example/app:1.0" };
export const merge = "application/merge-patch+json";
export const strategic = "application/strategic-merge-patch+json";
export const json = "application/json-patch+json";

export function podManifest({ name, labels, finalizers, ownerReferences, annotations, spec }: PodOverrides): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels, finalizers, ownerReferences, annotations },
    spec: { containers: [container], ...spec },
  };
}

export function deploymentManifest(name: string, overrides: object = {}): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      // No replicas: what the controllers do is not asked here.
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
      ...overrides,
    },
  };
}

let serial = 0;

export async function openBench(server: ConnectedServer, part: string): Promise<Bench> {
  const api = apiAt(server);
  const run = Math.floor(process.hrtime()[1]).toString(36);
  const fresh = (prefix = "x") => {
    serial += 1;
    // Padded: lists come in the order of names, and what is made later must come later.
    return `${prefix}-${run}-${String(serial).padStart(5, "0")}`;
  };
  const namespace = fresh(part);
  const watches: OpenWatch[] = [];
  const path = (root: string, resource: string, name?: string, subresource?: string) =>
    [`${root}/namespaces/${namespace}/${resource}`, name, subresource].filter((step) => step !== undefined).join("/");

  const create = async (where: string, body: object): Promise<Body> => {
    const reply = await api.call("POST", where, { body });
    expect(reply, reply.text).toMatchObject({ status: 201 });
    return reply.body;
  };
  await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const node = fresh("node");
  await create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: node } });

  const bench: Bench = {
    ...api,
    forgetHistory: () => server.forgetHistory(),
    refuse: (refusal) => server.refuse(refusal),
    namespace,
    node,
    fresh,
    pods: (name, subresource) => path("/api/v1", "pods", name, subresource),
    at: (group, resource, name, subresource) =>
      path(group === "" ? "/api/v1" : `/apis/${group}/v1`, resource, name, subresource),
    create,
    boundPod: (overrides = {}) =>
      create(
        bench.pods(),
        podManifest({ name: fresh("pod"), ...overrides, spec: { nodeName: node, ...overrides.spec } }),
      ),
    async runningPod({ ready = true, ...overrides } = {}) {
      const pod = await bench.boundPod(overrides);
      const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
      return bench.setStatus(pod, { phase: "Running", conditions });
    },
    async setStatus(pod, status) {
      const reply = await api.call("PATCH", bench.pods(pod.metadata.name, "status"), { type: merge, body: { status } });
      expect(reply, reply.text).toMatchObject({ status: 200 });
      return reply.body;
    },
    async get(where) {
      const reply = await api.call("GET", where);
      expect(reply, reply.text).toMatchObject({ status: 200 });
      return reply.body;
    },
    remove: (where, call = {}) => api.call("DELETE", where, call),
    async open(where, query, headers) {
      const watch = await api.watch(where, query, headers);
      watches.push(watch);
      return watch;
    },
    async eventually(look) {
      for (let tries = 0; tries < 600; tries++) {
        const found = await look();
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("waiting for a controller: nothing after 30 s");
    },
    async end() {
      for (const watch of watches) watch.close();
      await api.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await api.call("DELETE", `/api/v1/nodes/${node}`);
    },
  };
  return bench;
}
