import { Worker } from "node:worker_threads";
import { describeError, KnitboneError } from "../../shared/errors.ts";
import type { TableSpec } from "./template.ts";

export interface Tables {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** dynalite on loopback and a free port, its store in `directory`, with the template's tables in it. */
export async function startTables(options: {
  readonly directory: string;
  readonly region: string;
  readonly tables: readonly TableSpec[];
  /** The store failed for good (a full disk): nothing more will be answered. */
  readonly onFailure: (error: unknown) => void;
}): Promise<Tables> {
  const { directory, region, tables, onFailure } = options;
  const worker = new Worker(new URL("./table-server/worker.ts", import.meta.url), {
    workerData: { path: directory },
    env: { ...process.env, AWS_REGION: region },
  });
  let state: "starting" | "running" | "closing" | "ended" = "starting";
  const port = await new Promise<number>((resolve, reject) => {
    worker.on("message", (message: { kind: string; port?: number }) => {
      if (message.kind === "listening" && message.port !== undefined) resolve(message.port);
    });
    worker.on("error", (error) => {
      if (state === "running") onFailure(error);
      reject(error);
    });
    worker.on("exit", () => {
      if (state === "running") onFailure(new Error("the table server ended"));
      state = "ended";
      reject(new Error("the table server ended before it listened"));
    });
  }).catch((error) => {
    throw new KnitboneError("StateDirectoryUnusable", `opening tables in ${directory}: ${describeError(error)}`, {
      cause: error,
    });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (const table of tables) await createTable(endpoint, region, table);
  state = "running";
  return {
    endpoint,
    close: () =>
      new Promise((resolve) => {
        if (state === "ended") {
          resolve();
          return;
        }
        state = "closing";
        worker.once("exit", () => resolve());
        worker.postMessage("close");
      }),
  };
}

/** Makes the table unless it is there already. Spoken by hand: one call does not need an SDK. */
async function createTable(endpoint: string, region: string, table: TableSpec): Promise<void> {
  const day = "20260101";
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.CreateTable",
      "x-amz-date": `${day}T000000Z`,
      authorization: `AWS4-HMAC-SHA256 Credential=knitbone-local/${day}/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify({
      TableName: table.name,
      KeySchema: table.keySchema,
      AttributeDefinitions: table.attributeDefinitions,
      BillingMode: "PAY_PER_REQUEST",
    }),
  });
  const body = await response.text();
  if (response.ok || body.includes("ResourceInUseException")) return;
  throw new KnitboneError("ConfigInvalid", `creating table ${table.name}: ${response.status} ${body.slice(0, 200)}`);
}
