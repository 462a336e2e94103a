import { aCluster } from "../../infra/local/cluster-model/builder.ts";
import { kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import { httpCluster } from "../../shared/cluster/http-cluster.ts";
import { silentLog } from "../../shared/log/log.ts";
import { seededRandom } from "../../shared/random/seeded-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { scratchDirectory } from "../fakes/scratch-directory.ts";
import { clusterContract } from "./cluster.contract.ts";

/** The real adapter, the real client, a real socket; behind it the cluster model. */
clusterContract(async () => {
  const random = seededRandom(7);
  const model = aCluster({ clock: systemClock, random, name: "model", nodes: [{ name: "n1" }], namespaces: ["shop"] });
  model.api.addToken("contract", "contract");
  const face = await model.listen();
  const folder = scratchDirectory();
  const file = folder.write(
    "config",
    JSON.stringify({
      "current-context": "model",
      clusters: [{ name: "model", cluster: { server: face.url } }],
      users: [{ name: "model", user: { token: "contract" } }],
      contexts: [{ name: "model", context: { cluster: "model", user: "model" } }],
    }),
  );
  const connection = kubeconfigConnection({ file, client: "contract", version: "0", clock: systemClock });
  const cluster = httpCluster(connection, {
    id: "model",
    healer: "contract",
    clock: systemClock,
    random,
    log: silentLog,
    readsPerSecond: 1_000,
  });
  const asAdmin = async (
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    contentType?: string,
  ) => {
    const answer = await connection.request({
      method,
      path,
      timeoutMs: 5_000,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  return {
    cluster,
    apply: (path, object) => asAdmin("POST", path.slice(0, path.lastIndexOf("/")), object),
    applyStatus: (path, status) => asAdmin("PATCH", `${path}/status`, { status }, "application/merge-patch+json"),
    remove: (path) => asAdmin("DELETE", path),
    async settle() {
      model.step();
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
      await face.close();
      folder[Symbol.dispose]();
    },
  };
});
