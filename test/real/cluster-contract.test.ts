import { afterAll, beforeAll } from "vitest";
import { kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import type { ApiConnection, ApiRequest } from "../../shared/cluster/connection.ts";
import { httpCluster } from "../../shared/cluster/http-cluster.ts";
import { silentLog } from "../../shared/log/log.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { clusterContract } from "../contract/cluster.contract.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { eventually } from "./wait.ts";
import { createNamespace } from "./workloads.ts";

// What healers rely on, kept by a real kube-apiserver: the same promises that the cluster model keeps in `npm test`.
let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  await createNamespace(plane, "shop");
});
afterAll(() => plane?.stop());

clusterContract(async () => {
  const connection = kubeconfigConnection({
    file: plane.kubeconfig("real", "admin"),
    context: "real",
    client: "contract",
    version: "0",
    clock: systemClock,
  });
  const cluster = httpCluster(connection, {
    id: "real",
    healer: "contract",
    clock: systemClock,
    random: seededRandom(7),
    log: silentLog,
    readsPerSecond: 1_000,
  });
  return {
    cluster,
    async apply(path, object) {
      await ask(connection, { method: "POST", path: path.slice(0, path.lastIndexOf("/")), body: object });
    },
    async applyStatus(path, status) {
      const contentType = "application/merge-patch+json";
      await ask(connection, { method: "PATCH", path: `${path}/status`, body: { status }, contentType });
    },
    async remove(path) {
      await ask(connection, { method: "DELETE", path });
    },
    // The budget's controller counts pods a moment after it saw them.
    settle: () => systemClock.sleep(2_000),
    async [Symbol.asyncDispose]() {
      await empty(connection);
      await connection.close();
    },
  };
});

async function ask(connection: ApiConnection, request: Omit<ApiRequest, "timeoutMs">): Promise<unknown> {
  const answer = await connection.request({ ...request, timeoutMs: 15_000 });
  if (answer.status >= 300) {
    throw new Error(`${request.method} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

/** The next promise finds the namespace as the first one did. */
async function empty(connection: ApiConnection): Promise<void> {
  const pods = "/api/v1/namespaces/shop/pods";
  const collections = [
    "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
    "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers",
    "/apis/apps/v1/namespaces/shop/deployments",
    "/apis/apps/v1/namespaces/shop/replicasets",
    pods,
    "/apis/events.k8s.io/v1/namespaces/shop/events",
  ];
  const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
  for (const path of ["/api/v1/nodes/sick", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/sick"]) {
    const answer = await connection.request({ method: "DELETE", path, timeoutMs: 15_000 });
    if (answer.status >= 300 && answer.status !== 404) throw new Error(`DELETE ${path}: ${answer.status}`);
  }
  for (const path of collections) await ask(connection, { method: "DELETE", path, body });
  await eventually("an empty namespace", 30_000, async () => {
    const { items } = (await ask(connection, { method: "GET", path: pods })) as { items: readonly unknown[] };
    return items.length === 0 ? "empty" : undefined;
  });
}
