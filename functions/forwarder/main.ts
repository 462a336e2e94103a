import manifest from "../../package.json" with { type: "json" };
import { inClusterConnection, kubeconfigConnection } from "../../shared/cluster/client-node-connection.ts";
import { describeError } from "../../shared/errors.ts";
import { sqsClient } from "../../shared/lambda/sqs-client.ts";
import { sqsQueue } from "../../shared/queue/sqs-queue.ts";
import { systemRandom } from "../../shared/random/system-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { forwarderConfig } from "./config.ts";
import { startForwarder } from "./forwarder.ts";
import { startHttpServer } from "./http-server.ts";
import { jsonLog } from "./json-log.ts";

/** The forwarder as a process of its own: composition root. SIGTERM drains and ends it with 0; what it cannot start with ends it with 1. */
async function main(): Promise<void> {
  const config = forwarderConfig(process.env);
  const log = jsonLog(systemClock, (line) => process.stdout.write(line), config.debug);
  const from = { client: "forwarder", version: manifest.version, clock: systemClock };
  const connection = config.kubeconfig
    ? kubeconfigConnection({ ...from, ...config.kubeconfig })
    : inClusterConnection(from);
  const forwarder = startForwarder({
    cluster: config.cluster,
    connection,
    queue: sqsQueue(sqsClient(), config.queueUrl),
    clock: systemClock,
    random: systemRandom,
    log,
    settings: config.settings,
    labelKeys: config.labelKeys,
  });
  const server = await startHttpServer({ ...config.listen, forwarder });
  log.info("listening", { host: config.listen.host, port: server.port });
  await asked();
  await forwarder.stop();
  await server.close();
  await connection.close();
}

/** Resolves with the first SIGTERM or SIGINT. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}

function fail(error: unknown): void {
  jsonLog(systemClock, (line) => process.stderr.write(line)).error("forwarder ends", { err: describeError(error) });
  process.exit(1);
}

process.on("unhandledRejection", fail);
main().then(() => process.exit(0), fail);
