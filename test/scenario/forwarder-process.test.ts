import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aCluster, createPod, podsOf } from "../../infra/local/cluster-model/builder.ts";
import { type Driver, drive } from "../../infra/local/cluster-model/driver.ts";
import type { ClusterModel } from "../../infra/local/cluster-model/model.ts";
import { parseForwarderMessage } from "../../shared/delta/parse-forwarder-message.ts";
import type { Queue } from "../../shared/queue/queue.ts";
import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { startFauxqs } from "../contract/emulators.ts";
import type { SqsEmulator } from "../contract/sqs-emulator.ts";
import { seededRandom } from "../fakes/seeded-random.ts";

const main = new URL("../../functions/forwarder/main.ts", import.meta.url).pathname;
let folder: string;
let sqs: SqsEmulator;
let queueUrl: string;
let queue: Queue;
let model: ClusterModel;
let driver: Driver;
let face: { readonly url: string; close(): Promise<void> };
let child: ChildProcess | undefined;
let output: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "forwarder-"));
  sqs = await startFauxqs();
  model = aCluster({ clock: systemClock, random: seededRandom(1), name: "eu-1", nodes: [{ name: "n1", zone: "a" }] });
  model.api.addToken("token", "forwarder");
  face = await model.listen();
  driver = drive([model], systemClock);
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "a", cluster: { server: face.url } }],
    users: [{ name: "a", user: { token: "token" } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
});
afterAll(async () => {
  await driver.stop();
  await face.close();
  await sqs.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  const { url } = await sqs.createQueues(3);
  queue = sqsQueue(sqs.client, url);
  // The emulator's own host name is one that no resolver has to know.
  queueUrl = url.replace(new URL(url).hostname, "127.0.0.1");
  output = "";
});
afterEach(async () => {
  if (child?.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
});

function start(env: Record<string, string>): ChildProcess {
  const aws = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  const given = {
    KNITBONE_CLUSTER: "eu-1",
    KNITBONE_QUEUE_URL: queueUrl,
    AWS_ENDPOINT_URL_SQS: new URL(queueUrl).origin,
  };
  child = spawn(process.execPath, [main], {
    env: { ...aws, ...given, KNITBONE_KUBECONFIG: join(folder, "kubeconfig"), ...env },
  });
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  return child;
}

/** The port that the process says it listens on. */
async function portOf(process: ChildProcess): Promise<number> {
  for (;;) {
    const line = output.split("\n").find((each) => each.includes('"listening"') && each.endsWith("}"));
    if (line !== undefined) return Number(JSON.parse(line).port);
    if (process.exitCode !== null) throw new Error(`the forwarder ended: ${output}`);
    await systemClock.sleep(20);
  }
}

async function becomesReady(port: number): Promise<boolean> {
  for (const until = systemClock.monotonic() + 15_000; systemClock.monotonic() < until; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return true;
    await systemClock.sleep(50);
  }
  return false;
}

describe("the forwarder's process", () => {
  it("watches, becomes ready, sends, and ends with 0 on SIGTERM", async () => {
    createPod(model, { name: "sick", podSpec: { nodeName: "gone" } });
    model
      .as("somebody")
      .modify("pods", { metadata: { namespace: "default", name: "sick" } } as never, "status", (pod) => {
        pod.status = { ...pod.status, phase: "Failed", reason: "Evicted" };
      });
    const process = start({ KNITBONE_PORT: "0" });
    const port = await portOf(process);
    expect(await becomesReady(port), output).toBe(true);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('knitbone_forwarder_synced{cluster="eu-1"} 1');
    const received = await queue.receive({ limit: 10, waitMs: 2_000, visibilityMs: 30_000 });
    const messages = received.map((each) => parseForwarderMessage(each.body));
    expect(messages.map((each) => each.kind)).toEqual(received.map(() => "parsed"));
    const [sick] = podsOf(model, "sick", "default");
    const uids = messages.flatMap((each) =>
      each.kind === "parsed" && each.message.kind === "deltas"
        ? each.message.deltas.map(({ object }) => object.uid)
        : [],
    );
    expect(uids).toContain(sick?.metadata.uid);
    process.kill("SIGTERM");
    const [code] = await once(process, "exit");
    expect(code).toBe(0);
    const lines = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).message);
    expect(lines.at(-1)).toBe("forwarder stopped");
  });

  it.each([
    [
      "an empty environment",
      { KNITBONE_CLUSTER: "", KNITBONE_QUEUE_URL: "" },
      "reading the environment: KNITBONE_CLUSTER is not set: the id of a cluster (letters, digits, - . _ : @, at most 128); KNITBONE_QUEUE_URL is not set: the URL of the queue of deltas",
    ],
    ["a kubeconfig that is not there", { KNITBONE_KUBECONFIG: "nowhere" }, "reading kubeconfig nowhere: no such file"],
    ["a context that is not there", { KNITBONE_CONTEXT: "b" }, 'context "b" is not in'],
  ])("with %s ends with 1 and one line that says so", async (_, env, words) => {
    const [code] = await once(start(env), "exit");
    expect([code, output.trim().split("\n").length]).toEqual([1, 1]);
    expect(JSON.parse(output)).toMatchObject({ level: "error", message: "forwarder ends" });
    expect(JSON.parse(output).err).toContain(words);
  });
});
