import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqsQueue } from "../../../shared/queue/sqs-queue.ts";
import { type SqsEmulator, sqsEmulator } from "../../contract/sqs-emulator.ts";
import { freePort } from "../free-port.ts";
import { eventually } from "../wait.ts";
import { startJavaServer } from "./java-server.ts";

/** ElasticMQ with SQS's own limits, in memory, on a loopback port. */
export async function startElasticMq(port?: number): Promise<SqsEmulator> {
  const listenOn = port ?? (await freePort());
  const server = await startJavaServer({
    name: "ElasticMQ",
    port: listenOn,
    args: (folder) => {
      const file = join(folder, "elasticmq.conf");
      writeFileSync(file, configuration(listenOn));
      return [`-Dconfig.file=${file}`, "org.elasticmq.server.Main"];
    },
    startedLine: /ElasticMQ server \(.*\) started/,
  });
  const sqs = sqsEmulator(`http://127.0.0.1:${listenOn}`, () => server.stop());
  try {
    await eventually("ElasticMQ to be quick enough", 60_000, () => warmUp(sqs));
  } catch (error) {
    await sqs.stop();
    throw error;
  }
  return sqs;
}

/** `node-address` is what queue URLs are built from, and the SDK sends to the queue's URL. */
function configuration(port: number): string {
  return `
    rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }
    rest-stats { enabled = false }
    node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
  `;
}

/** The first requests of each kind take seconds, while Java loads and compiles what they need; the contracts measure tenths of them. */
async function warmUp({ client, createQueues }: SqsEmulator): Promise<true> {
  const queue = sqsQueue(client, (await createQueues(2)).url);
  await queue.send([{ body: "warm-up", attributes: { traceId: "t" }, group: "g" }]);
  const [message] = await queue.receive({ limit: 1, waitMs: 1_000, visibilityMs: 30_000 });
  const receipt = message?.receipt ?? "";
  await queue.changeVisibility(receipt, 30_000);
  await queue.acknowledge([receipt]);
  return true;
}
