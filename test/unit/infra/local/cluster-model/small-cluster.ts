import type { ApiRequest } from "../../../../../infra/local/cluster-model/api/request.ts";
import { aCluster, type ClusterShape } from "../../../../../infra/local/cluster-model/builder.ts";
import { run } from "../../../../../infra/local/cluster-model/driver.ts";
import type { ClusterModel } from "../../../../../infra/local/cluster-model/model.ts";
import type { Pod } from "../../../../../infra/local/cluster-model/objects/pod.ts";
import { type ManualClock, manualClock } from "../../../../fakes/manual-clock.ts";
import { seededRandom } from "../../../../fakes/seeded-random.ts";

export interface SmallCluster {
  model: ClusterModel;
  clock: ManualClock;
  pass(ms: number, everyMs?: number): Promise<void>;
  /** In-memory request as administrator; the body is the answer's. */
  ask(
    request: Omit<ApiRequest, "headers"> & { headers?: Record<string, string> },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  pod(name: string): Pod | undefined;
  /** Reasons of the Events about an object. */
  eventsOf(name: string): string[];
}

/** Two nodes, n1 in zone a and n2 in zone b, unless told otherwise. */
export function smallCluster(overrides: Partial<ClusterShape> = {}): SmallCluster {
  const clock = manualClock();
  const nodes = [
    { name: "n1", zone: "a" },
    { name: "n2", zone: "b" },
  ];
  const model = aCluster({ clock, random: seededRandom(7), name: "small", nodes, ...overrides });
  model.api.addToken("admin", "admin");
  return {
    model,
    clock,
    pass: (ms, everyMs) => run(model, clock, ms, everyMs),
    async ask(request) {
      const headers = { authorization: "Bearer admin", ...request.headers };
      const response = await model.api.request({ ...request, headers });
      if (response.kind === "watch") throw new Error("a watch is not asked for its body");
      return { status: response.status, body: response.body as Record<string, unknown> };
    },
    pod: (name) => model.store.get("pods", "default", name),
    eventsOf: (name) =>
      model.store
        .all("events")
        .filter((event) => event.involvedObject.name === name)
        .map((event) => event.reason ?? ""),
  };
}
