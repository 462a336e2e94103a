import { join } from "node:path";
import { dynamoFlagStore } from "../../../shared/flag/dynamo-flag-store.ts";
import { dynamoLedger } from "../../../shared/ledger/dynamo-ledger.ts";
import { dynamoBudgetStore } from "../../../shared/rail/dynamo-budget-store.ts";
import { type DynamoEmulator, dynamoEmulator } from "../../contract/dynamo-emulator.ts";
import { freePort } from "../free-port.ts";
import { eventually } from "../wait.ts";
import { startJavaServer } from "./java-server.ts";

/** DynamoDB Local, in memory, on a loopback port. */
export async function startDynamoDbLocal(port?: number): Promise<DynamoEmulator> {
  const listenOn = port ?? (await freePort());
  const server = await startJavaServer({
    name: "DynamoDB Local",
    port: listenOn,
    args: (_folder, jarFolder) => [
      `-Djava.library.path=${jarFolder}`, // its SQLite is native
      `-Ddynamodb.port=${listenOn}`,
      "org.eclipse.jetty.xml.XmlConfiguration",
      join(import.meta.dirname, "dynamodb-local.xml"),
    ],
    startedLine: /Started ServerConnector/,
  });
  const dynamo = dynamoEmulator(`http://127.0.0.1:${listenOn}`, () => server.stop());
  try {
    await eventually("DynamoDB Local to be quick enough", 60_000, () => warmUp(dynamo));
  } catch (error) {
    await dynamo.stop();
    throw error;
  }
  return dynamo;
}

/**
 * The product gives a request two seconds, and the first ones of each kind take longer: Java loads and compiles what they need. As much at
 * once as the contracts ask at most.
 */
async function warmUp({ client, createTable }: DynamoEmulator): Promise<true> {
  const table = await createTable();
  const budget = { key: "warm-up", limit: 20, windowMs: 60_000, title: "" };
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => dynamoBudgetStore(client, table).spend(budget, `stamp-${index}`, 0)),
  );
  await dynamoLedger(client, table).list();
  await dynamoFlagStore(client, table).read([{ scope: "*", healer: "*" }]);
  await dynamoFlagStore(client, await createTable()).list();
  return true;
}
