import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aCluster, createDeployment, podsOf } from "../../infra/local/cluster-model/builder.ts";
import { type Driver, drive } from "../../infra/local/cluster-model/driver.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import type { RestFace } from "../../infra/local/cluster-model/rest.ts";
import { systemRandom } from "../../shared/random/system-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { type ProductProcess, startProduct } from "./local-product-process.ts";

/** Building, packaging and starting on a busy machine. */
const patienceMs = 120_000;

let directory: string;
let kubeconfig: string;
let model: ClusterModel;
let face: RestFace;
let driver: Driver;
const running: ProductProcess[] = [];

const start = (...args: readonly string[]) => {
  const product = startProduct(["--kubeconfig", kubeconfig, ...args], directory);
  running.push(product);
  return product;
};
const state = () => join(directory, "state");

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "knitbone-real-"));
  kubeconfig = join(directory, "kubeconfig");
  model = aCluster({
    clock: systemClock,
    random: systemRandom,
    name: "a",
    nodes: [{ name: "n1" }, { name: "n2" }, { name: "n3" }],
  });
  driver = drive([model], systemClock);
  face = await model.listen();
  model.api.addToken("valid", "knitbone");
  const context = (name: string, cluster: string, user: string) => ({ name, context: { cluster, user } });
  const document = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [
      { name: "model", cluster: { server: face.url } },
      { name: "nobody", cluster: { server: "https://127.0.0.1:1" } },
      { name: "bad-ca", cluster: { server: face.url, "certificate-authority-data": "bm90IGEgY2VydGlmaWNhdGU=" } },
      { name: "far", cluster: { server: "https://203.0.113.7:6443" } },
    ],
    users: [
      { name: "valid", user: { token: "valid" } },
      { name: "expired", user: { token: "expired-secret-token" } },
    ],
    contexts: [
      context("a", "model", "valid"),
      context("unreachable", "nobody", "valid"),
      context("bad-ca", "bad-ca", "valid"),
      context("expired", "model", "expired"),
      context("far", "far", "valid"),
    ],
  };
  writeFileSync(kubeconfig, JSON.stringify(document));
});
afterEach(async () => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL");
  await driver.stop();
  await face.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Deletes a pod of each workload on a node whose kubelet is frozen. */
async function stickOn(node: string, apps: readonly string[]): Promise<readonly string[]> {
  for (const name of apps) {
    const podSpec = { terminationGracePeriodSeconds: 1 };
    createDeployment(model, { name, namespace: "shop", replicas: 3, podSpec });
  }
  const podOn = (app: string) =>
    podsOf(model, app, "shop").find(({ spec, status }) => spec.nodeName === node && status?.phase === "Running");
  await vi.waitFor(() => expect(apps.every(podOn)).toBe(true), 10_000);
  model.kubelet(node).freeze({ keepLease: true });
  return apps.map((app) => {
    const pod = podOn(app);
    if (!pod) throw new Error(`no pod of ${app} on ${node}`);
    model.as("rollout").remove("pods", pod);
    return pod.metadata.uid;
  });
}

const deletes = () =>
  model.api.audit.records.filter(
    ({ userAgent, verb, resource, code }) =>
      userAgent.startsWith("knitbone/") && verb === "delete" && resource === "pods" && code === 200,
  );

describe("contexts that cannot be used", () => {
  test("each gets one line that names what and which, and no stack trace; none usable ends the run", async () => {
    const product = start(...["unreachable", "bad-ca", "expired", "nowhere"].flatMap((name) => ["--context", name]));
    expect(await product.ended()).toBe(1);
    expect(product.err().trim().split("\n").toSorted()).toEqual([
      `knitbone: context "bad-ca" in ${kubeconfig}: the certificate authority of cluster "bad-ca" is no PEM certificate`,
      `knitbone: context "nowhere" is not in ${kubeconfig}; it has: a, unreachable, bad-ca, expired, far`,
      'knitbone: reaching context "unreachable" at https://127.0.0.1:1: connection refused (ECONNREFUSED 127.0.0.1:1)',
      `knitbone: the server at ${face.url} refused the credentials of context "expired": 401 Unauthorized`,
    ]);
    expect(existsSync(join(directory, ".knitbone"))).toBe(false);
  });

  test("lab mode is refused for a server that is not on this machine, before anything is started", async () => {
    const product = start("--context", "a", "--context", "far", "--lab");
    expect(await product.ended()).toBe(1);
    expect(product.err()).toBe(
      'knitbone: --lab divides safety margins by 20 and is only for API servers on this machine; context "far" is https://203.0.113.7:6443\n',
    );
    expect(existsSync(join(directory, ".knitbone"))).toBe(false);
  });
});

test("killed while it waits and started again on the same state, each stuck pod is deleted once; beside a bad cluster, and with a second stack refused", {
  timeout: 2 * patienceMs,
}, async () => {
  const args = ["--context", "a", "--context", "unreachable", "--mode", "act", "--lab", "--state", state()];
  const first = start(...args);
  await first.printed("Knitbone is watching a (mode act)");
  expect(first.out()).toContain("LAB MODE");
  expect(first.err()).toContain('reaching context "unreachable"');

  const second = start("--context", "a", "--state", state());
  expect(await second.ended()).toBe(1);
  expect(second.err()).toBe(
    `knitbone: the process ${first.child.pid} runs a stack on ${state()}; end it first, or give another --state DIR\n`,
  );

  const uids = await stickOn("n1", ["web", "api"]);
  await vi.waitFor(() => expect(deletes().length).toBeGreaterThan(0), { timeout: 60_000, interval: 5 });
  first.child.kill("SIGKILL");
  await first.ended();

  const again = start(...args);
  await again.printed("Knitbone is watching a (mode act)");
  await again.printed("web");
  await vi.waitFor(() => expect(new Set(deletes().map(({ uidBefore }) => uidBefore))).toEqual(new Set(uids)), 90_000);
  again.child.kill("SIGINT");
  expect(await again.ended()).toBe(0);
  expect(
    again
      .err()
      .split("\n")
      .filter((line) => line.includes("    at ")),
  ).toEqual([]);
  expect(
    deletes()
      .map(({ uidBefore, preconditionUid }) => [uidBefore, preconditionUid])
      .toSorted(),
  ).toEqual(uids.map((uid) => [uid, uid]).toSorted());
  expect(existsSync(join(state(), "stack.json"))).toBe(false);
});

test("without --mode nothing is written, and the output says what would have been done", {
  timeout: 2 * patienceMs,
}, async () => {
  const product = start("--lab", "--state", state());
  await product.printed("Knitbone is watching a (mode observe)");
  await stickOn("n2", ["web"]);
  await vi.waitFor(() => expect(product.out()).toContain("would heal OverdueOnReadyNode"), 60_000);
  product.child.kill("SIGTERM");
  expect(await product.ended()).toBe(0);
  const written = model.api.audit.records.filter(({ userAgent }) => userAgent.startsWith("knitbone/"));
  expect(written).toEqual([]);
});
