import { describe, expect, it } from "vitest";
import { aCluster } from "../../infra/local/cluster-model/builder.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import { kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import { httpCluster } from "../../shared/cluster/http-cluster.ts";
import { silentLog } from "../../shared/log/log.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { scratchDirectory } from "../fakes/scratch-directory.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { type ClusterUnderTest, clusterContract } from "./cluster.contract.ts";

/** The real adapter, the real client, a real socket; behind it the cluster model. */
async function clusterOnModel(): Promise<ClusterUnderTest & { readonly model: ClusterModel }> {
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
    model,
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
}

clusterContract(clusterOnModel);

describe("between client and server", () => {
  const path = "/api/v1/namespaces/shop/pods/a";
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "shop" },
    spec: { nodeName: "n2", containers: [{ name: "main", image: "i" }] },
  };
  const failedPod = async (under: Awaited<ReturnType<typeof clusterOnModel>>) => {
    await under.apply(path, pod);
    await under.applyStatus(path, { phase: "Failed" });
    const found = await under.cluster.pod("shop", "a");
    if (found.kind === "notFound") throw new Error("the pod is not there");
    return found.object;
  };

  it("a lost answer to a write is Unknown, whatever it did", async () => {
    await using under = await clusterOnModel();
    const { ref, resourceVersion } = await failedPod(under);
    under.model.api.faults.loseReply();
    expect(await under.cluster.evictPod(ref, resourceVersion)).toMatchObject({ kind: "Unknown" });
    expect(await under.cluster.pod("shop", "a")).toEqual({ kind: "notFound" });
    expect(under.model.api.audit.records.filter(({ subresource }) => subresource === "eviction")).toHaveLength(1);
  });

  it("a write that gets no answer is Unknown after two seconds, and is not sent again", async () => {
    await using under = await clusterOnModel();
    const { ref, resourceVersion } = await failedPod(under);
    const end = under.model.api.faults.stall();
    const startedAt = systemClock.monotonic();
    expect(await under.cluster.evictPod(ref, resourceVersion)).toMatchObject({
      kind: "Unknown",
      message: expect.stringMatching(/no answer to POST .*\/eviction within 2000 ms$/),
    });
    // Far from a read's time-out, near enough for a busy machine.
    expect(systemClock.monotonic() - startedAt).toBeLessThan(4_500);
    end();
  });

  it.each([
    [500, "Unknown"],
    [503, "Unknown"],
    [403, "Denied"],
    [401, "Denied"],
    [429, "BlockedByBudget"],
  ])("a write answered %i is %s", async (status, kind) => {
    await using under = await clusterOnModel();
    const { ref, resourceVersion } = await failedPod(under);
    // Twice: a 401 is answered with fresh credentials once.
    under.model.api.faults.answer({ status, times: 2 });
    expect(await under.cluster.evictPod(ref, resourceVersion)).toMatchObject({ kind });
  });

  it("a list whose pages expire on the way is read anew, whole", async () => {
    await using under = await clusterOnModel();
    await Promise.all(
      Array.from({ length: 501 }, (_, index) => {
        const name = `p${index}`;
        const body = { ...pod, metadata: { ...pod.metadata, name }, spec: { ...pod.spec, nodeName: undefined } };
        return under.apply(`/api/v1/namespaces/shop/pods/${name}`, body);
      }),
    );
    let expired = false;
    under.model.api.faults.answer({
      status: 410,
      times: 1,
      reason: "Expired",
      match: ({ query }) => {
        const second = String(query?.["continue"] ?? "") !== "" && !expired;
        if (second) expired = true;
        return second;
      },
    });
    expect(await under.cluster.pods({ namespace: "shop" })).toHaveLength(501);
    expect(expired).toBe(true);
  });

  it("a revoked token is an error that names the cluster", async () => {
    await using under = await clusterOnModel();
    under.model.api.revokeToken("contract");
    await expect(under.cluster.node("n1")).rejects.toMatchObject({
      code: "ClusterUnauthorized",
      message: expect.stringMatching(
        /^the server at http:\/\/127\.0\.0\.1:\d+ refused the credentials of cluster "model": 401 Unauthorized$/,
      ),
    });
  });
});
