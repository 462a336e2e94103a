import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningForwarder, startForwarder } from "../../functions/forwarder/forwarder.ts";
import { forwarderSettings } from "../../functions/forwarder/settings.ts";
import { aCluster, createDeployment, podsOf } from "../../infra/local/cluster-model/builder.ts";
import { type Driver, drive } from "../../infra/local/cluster-model/driver.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import { kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import type { ApiConnection } from "../../shared/cluster/connection.ts";
import type { ForwarderMessage } from "../../shared/delta/forwarder-message.ts";
import { silentLog } from "../../shared/log/log.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { type MemoryQueue, memoryQueue } from "../fakes/memory-queue.ts";
import { seededRandom } from "../fakes/seeded-random.ts";

let folder: string;
let model: ClusterModel;
let driver: Driver;
let face: { readonly url: string; close(): Promise<void> };
let connection: ApiConnection;
let queue: MemoryQueue;
let forwarder: RunningForwarder;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "forwarder-"));
  const random = seededRandom(2);
  model = aCluster({ clock: systemClock, random, name: "eu-1", nodes: [{ name: "n1" }], namespaces: ["shop"] });
  model.api.addToken("token", "forwarder");
  face = await model.listen();
  driver = drive([model], systemClock, 50);
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "a", cluster: { server: face.url } }],
    users: [{ name: "a", user: { token: "token" } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  const file = join(folder, "kubeconfig");
  writeFileSync(file, JSON.stringify(kubeconfig));
  connection = kubeconfigConnection({ file, client: "forwarder", version: "0.1.0", clock: systemClock });
  queue = memoryQueue(systemClock, random);
  const settings = forwarderSettings({ milestones: false }, 20);
  forwarder = startForwarder({
    cluster: "eu-1",
    connection,
    queue,
    clock: systemClock,
    // One failure follows the other here, and pauses double with each, up to 30 s: this draws short ones.
    random: { ...random, next: () => random.next() / 50 },
    log: silentLog,
    settings,
  });
  await forwarder.synced();
});
afterAll(async () => {
  await forwarder.stop();
  await connection.close();
  await driver.stop();
  await face.close();
  rmSync(folder, { recursive: true });
});

const deltas = () =>
  queue
    .messages()
    .map((each) => JSON.parse(each.body) as ForwarderMessage)
    .flatMap((each) => (each.kind === "deltas" ? each.deltas : []));

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (const until = systemClock.monotonic() + 10_000; systemClock.monotonic() < until; ) {
    if (holds()) return;
    await systemClock.sleep(25);
  }
  throw new Error(`not within 10 s: ${what}; ${JSON.stringify(forwarder.status().resources)}`);
}

const watching = () => Object.values(forwarder.status().resources).every((each) => each.watching);

/** A pod of the Deployment fails; the forwarder tells so. */
async function failureIsTold(): Promise<void> {
  await eventually("a running pod", () =>
    podsOf(model, "web", "shop").some((each) => each.status?.phase === "Running"),
  );
  const pod = podsOf(model, "web", "shop").find((each) => each.status?.phase === "Running");
  if (pod === undefined) throw new Error("no pod runs");
  model.as("kubelet").modify("pods", pod, "status", (next) => {
    next.status = { ...next.status, phase: "Failed", reason: "Evicted" };
  });
  const { uid } = pod.metadata;
  await eventually("the failure is told", () =>
    deltas().some((each) => each.object.uid === uid && each.signals.includes("PodFailed")),
  );
}

it("goes on over HTTP through garbage, cuts, lost history, refusals and a dripping line", async () => {
  createDeployment(model, { name: "web", namespace: "shop", replicas: 2 });
  await failureIsTold();
  model.api.faults.garbageLine();
  await eventually("every watch is open again", watching);
  await failureIsTold();
  model.api.faults.cutWatches();
  await failureIsTold();
  model.api.faults.expireHistory();
  model.api.faults.cutWatches();
  await failureIsTold();
  model.api.faults.answer({ status: 500, times: 4 });
  model.api.faults.cutWatches();
  await failureIsTold();
  const endOfDrip = model.api.faults.slowBytes(7, 1);
  await failureIsTold();
  endOfDrip();
  const metrics = await forwarder.metricsText();
  expect(metrics).toMatch(/garbage_lines_total\{resource="pods".*\} 1$/m);
  expect(metrics).not.toMatch(/handler_errors_total\{/);
});
