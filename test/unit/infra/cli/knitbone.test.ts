import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  type KeySchemaElement,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openStateDirectory, type StackFile } from "../../../../infra/local/state-directory.ts";
import { startTables } from "../../../../infra/local/tables.ts";
import { dynamoClient } from "../../../../shared/lambda/dynamo-client.ts";
import { dynamoLifecycleStore } from "../../../../shared/lifecycle/dynamo-lifecycle-store.ts";
import { tableNames } from "../../../../shared/store/table-names.ts";
import { aRef } from "../../../build/object-ref.ts";
import { aSignature } from "../../../build/signature.ts";
import { startDynalite } from "../../../contract/emulators.ts";
import { type ScratchDirectory, scratchDirectory } from "../../../fakes/scratch-directory.ts";

// The command as a user starts it, in a process of its own, on real tables: half a second each, more on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
const root = fileURLToPath(new URL("../../../..", import.meta.url));

const attributeDefinitions: AttributeDefinition[] = [
  { AttributeName: "pk", AttributeType: "S" },
  { AttributeName: "sk", AttributeType: "S" },
];
const keySchema: KeySchemaElement[] = [
  { AttributeName: "pk", KeyType: "HASH" },
  { AttributeName: "sk", KeyType: "RANGE" },
];

function knitbone(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, "infra/cli/knitbone.ts"), ...args],
      { cwd: scratch.path, env: { HOME: scratch.path, ...env } },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

let scratch: ScratchDirectory;
let dynalite: Awaited<ReturnType<typeof startDynalite>>;

beforeAll(async () => {
  scratch = scratchDirectory();
  dynalite = await startDynalite();
  const { client } = dynalite;
  for (const TableName of Object.values(tableNames("kb"))) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: attributeDefinitions,
        KeySchema: keySchema,
      }),
    );
    while ((await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus !== "ACTIVE");
  }
  const endpoint = await client.config.endpoint?.();
  const dynamodb = `http://${endpoint?.hostname}:${endpoint?.port}`;
  const stack: StackFile = {
    version: "0.1.0",
    pid: process.pid,
    kind: "demo",
    endpoints: { dynamodb, sqs: dynamodb },
    prefix: "kb",
    region: "eu-west-1",
    startedAt: 0,
  };
  scratch.write("stack.json", JSON.stringify(stack));
});

afterAll(async () => {
  await dynalite.stop();
  scratch[Symbol.dispose]();
});

it("writes a flag into a running stack's table and lists it again", async () => {
  const set = await knitbone(["--state", scratch.path, "flag", "set", "*", "*", "observe", "--reason", "new"]);
  expect(set).toEqual({ code: 0, out: "all healers everywhere: observe, without an end\n", err: "" });
  const list = await knitbone(["--state", scratch.path, "flag", "list", "--json"]);
  expect(list).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(list.out)).toMatchObject([{ scope: "*", healer: "*", mode: "observe", reason: "new" }]);
});

it("adds a signature to a running stack's table and explains a message with it", async () => {
  scratch.write("row.yaml", JSON.stringify(aSignature()));
  const add = await knitbone(["--state", scratch.path, "catalogue", "add", "--file", join(scratch.path, "row.yaml")]);
  expect(add).toMatchObject({ code: 0, err: "" });
  const seen = ["--channel", "event", "--reason", "FailedSync", "--json"];
  const explained = await knitbone(["--state", scratch.path, "catalogue", "explain", "disk sdb is tired", ...seen]);
  expect(JSON.parse(explained.out)).toMatchObject({ kind: "known", signature: { id: "disk-tired", version: 1 } });
});

it("explains a message with the release's signatures where no stack runs", async () => {
  const seen = ["--channel", "nodeCondition", "--reason", "KubeletNotReady", "--release"];
  const { code, out } = await knitbone(["catalogue", "explain", "container runtime is down", ...seen]);
  expect({ code, first: out.split(":")[0] }).toEqual({ code: 0, first: "RuntimeDown" });
});

it("knows the healers of this repository", async () => {
  const { code, err } = await knitbone(["--state", scratch.path, "flag", "set", "*", "forwarder", "act"]);
  expect(code).toBe(2);
  expect(err).toMatch(
    /^knitbone: healer "forwarder" is not known; known: "\*", .*orphan-sweeper.*terminating-reaper.*\n$/,
  );
});

it("says in one line that no stack runs, and where it looked", async () => {
  expect(await knitbone(["case", "list"])).toEqual({
    code: 1,
    out: "",
    err: "knitbone: no stack runs on .knitbone/demo or .knitbone/real; start one with: npm start, or name a deployed one with --prefix\n",
  });
});

it("reads the tables of a stack that has ended, leaves its directory free, and is told when another has it", async () => {
  using ended = scratchDirectory();
  const hold = () => openStateDirectory({ path: ended.path, kind: "demo", pid: process.pid, empty: false });
  const keys = { keySchema, attributeDefinitions };
  const specs = Object.values(tableNames("kb-2")).map((name) => ({ name, ...keys }));
  const state = hold();
  const tables = await startTables({
    directory: state.file("tables"),
    region: "local",
    tables: specs,
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const credentials = { accessKeyId: "x", secretAccessKey: "y" };
  const client = dynamoClient({ endpoint: tables.endpoint, region: "local", credentials });
  const pod = aRef();
  await dynamoLifecycleStore(client, tableNames("kb-2").lifecycle).record({ cluster: "eu-1", pod, nodeName: "n7" });
  await tables.close();
  const command = ["--state", ended.path, "pod", "eu-1/shop/web-1"];
  const held = await knitbone(command);
  expect({ ...held, err: held.err.replace(ended.path, "DIR") }).toEqual({
    code: 1,
    out: "",
    err: "knitbone: the stack on DIR is coming up or going down: try again in a moment\n",
  });
  state.release();
  const { code, out, err } = await knitbone(command);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("node   n7\n");
  hold().release();
});

it("finds a deployed stack's tables through the usual AWS settings", async () => {
  const endpoint = await dynalite.client.config.endpoint?.();
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint?.hostname}:${endpoint?.port}`,
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
  };
  const { code, out, err } = await knitbone(["--prefix", "kb", "case", "list"], env);
  expect({ code, out, err }).toEqual({ code: 0, out: "No cases: nothing sick has been seen.\n", err: "" });
  const absent = await knitbone(["--prefix", "elsewhere", "case", "list"], env);
  expect(absent.code).toBe(1);
  expect(absent.err).toMatch(/^knitbone: reading table elsewhere-cases: [^\n]+\n$/);
});

it("refuses to guess between --state and --prefix", async () => {
  expect(await knitbone(["--state", "x", "--prefix", "y", "flag", "list"])).toEqual({
    code: 2,
    out: "",
    err: "knitbone: --state names a stack of this machine and --prefix a deployed one: give only one\n",
  });
});
