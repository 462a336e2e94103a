import { describe, expect, it, onTestFinished } from "vitest";
import { clientNodeClusters } from "../../../../shared/cluster/client-node-clusters.ts";
import type { ClusterAuthentication, RegisteredCluster } from "../../../../shared/cluster/registered-cluster.ts";
import { silentLog } from "../../../../shared/log/log.ts";
import { systemClock } from "../../../../shared/time/system-clock.ts";
import { makeCertificate } from "../../../fakes/certificate.ts";
import { scratchDirectory } from "../../../fakes/scratch-directory.ts";
import { answerJson, scratchServer } from "../../../fakes/scratch-server.ts";
import { seededRandom } from "../../../fakes/seeded-random.ts";

function clusters(lab = 1) {
  const made = clientNodeClusters({
    healer: "terminating-reaper",
    version: "1.2.3",
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
    lab,
  });
  onTestFinished(() => made.close());
  return made;
}

const pem = Buffer.from(makeCertificate({ name: "ca" }).cert).toString("base64");
const secret: ClusterAuthentication = {
  kind: "serviceAccountToken",
  secretArn: "arn:aws:secretsmanager:eu-west-1:1:secret:x",
};

function registered(
  endpoint: string,
  authentication: ClusterAuthentication,
  more: Partial<RegisteredCluster> = {},
): RegisteredCluster {
  return {
    id: "eu-1",
    sender: "AROA1",
    endpoint,
    certificateAuthority: pem,
    authentication,
    ring: 0,
    registeredAt: 0,
    ...more,
  };
}

/** A kubeconfig file for the servers, one context each. */
function kubeconfigFile(servers: Readonly<Record<string, string>>): string {
  const folder = scratchDirectory();
  onTestFinished(() => folder[Symbol.dispose]());
  const names = Object.keys(servers);
  return folder.write(
    "config",
    JSON.stringify({
      clusters: names.map((name) => ({ name, cluster: { server: servers[name] } })),
      users: names.map((name) => ({ name, user: { token: `token-of-${name}` } })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
    }),
  );
}

const node = { kind: "Node", metadata: { name: "n1", uid: "u" } };

describe("a kubeconfig context", () => {
  it("is connected once and kept, with the healer's name in the User-Agent", async () => {
    await using server = await scratchServer((_, response) => answerJson(response, 200, node));
    const file = kubeconfigFile({ a: server.url });
    const row = registered(server.url, { kind: "kubeconfig", file, context: "a" });
    const all = clusters();
    const first = await all.connect(row);
    expect(await all.connect({ ...row })).toBe(first);
    expect(await first.node("n1")).toMatchObject({ kind: "found" });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer token-of-a",
      "user-agent": "knitbone/1.2.3 (terminating-reaper)",
    });
  });

  it("that changed is a new connection; the old credentials go nowhere", async () => {
    await using one = await scratchServer((_, response) => answerJson(response, 200, node));
    await using two = await scratchServer((_, response) => answerJson(response, 200, node));
    const file = kubeconfigFile({ a: one.url, b: two.url });
    const all = clusters();
    const before = await all.connect(registered(one.url, { kind: "kubeconfig", file, context: "a" }));
    await before.node("n1");
    const after = await all.connect(registered(two.url, { kind: "kubeconfig", file, context: "b" }));
    expect(after).not.toBe(before);
    await after.node("n1");
    expect(two.requests.map((each) => each.headers.authorization)).toEqual(["Bearer token-of-b"]);
    // Another name: what stands around a pod is shared for a second.
    await expect(before.node("n2")).rejects.toMatchObject({ code: "ClusterUnreachable" });
    expect(one.requests).toHaveLength(1);
  });

  it("that is refused is asked for again the next time", async () => {
    const all = clusters();
    const row = registered("https://127.0.0.1:1", { kind: "kubeconfig", file: "/nowhere/config", context: "a" });
    await expect(all.connect(row)).rejects.toMatchObject({ code: "KubeconfigUnusable" });
    await expect(all.connect(row)).rejects.toMatchObject({ code: "KubeconfigUnusable" });
  });

  it("names itself when its credentials are refused", async () => {
    await using server = await scratchServer((_, response) =>
      answerJson(response, 401, { kind: "Status", message: "Unauthorized" }),
    );
    const file = kubeconfigFile({ a: server.url });
    const cluster = await clusters().connect(registered(server.url, { kind: "kubeconfig", file, context: "a" }));
    await expect(cluster.node("n1")).rejects.toMatchObject({
      code: "ClusterUnauthorized",
      message: `the server at ${server.url} refused the credentials of context "a": 401 Unauthorized`,
    });
  });
});

describe("lab mode", () => {
  it("takes a loopback server, by what the kubeconfig says and not the row", async () => {
    const file = kubeconfigFile({ a: "https://127.0.0.1:6443", b: "https://192.0.2.1:6443" });
    const all = clusters(20);
    await all.connect(registered("https://192.0.2.1", { kind: "kubeconfig", file, context: "a" }));
    await expect(
      all.connect(registered("https://127.0.0.1:6443", { kind: "kubeconfig", file, context: "b" }, { id: "eu-2" })),
    ).rejects.toMatchObject({
      code: "LabRefused",
      message: 'connecting to cluster "eu-2" in lab mode: its server https://192.0.2.1:6443 is not on loopback',
    });
  });

  it("refuses every registered cluster that is not on loopback", async () => {
    await expect(clusters(20).connect(registered("https://10.0.0.1", secret))).rejects.toMatchObject({
      code: "LabRefused",
    });
  });
});

describe("a registered endpoint", () => {
  it.each([
    ["http://10.0.0.1", "only https is allowed"],
    ["https://127.0.0.1:6443", "127.0.0.1 is a loopback address"],
    ["https://169.254.169.254", "169.254.169.254 is a link-local or metadata address"],
  ])("%s is refused: %s", async (endpoint, reason) => {
    await expect(clusters().connect(registered(endpoint, secret))).rejects.toMatchObject({
      code: "ConfigInvalid",
      message: `connecting to cluster "eu-1" at ${endpoint}: ${reason}`,
    });
  });

  it("needs a certificate authority of its own", async () => {
    const row = registered("https://10.0.0.1", secret, { certificateAuthority: Buffer.from("no").toString("base64") });
    await expect(clusters().connect(row)).rejects.toMatchObject({ code: "ConfigInvalid" });
  });
});
