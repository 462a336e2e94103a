import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { StackFile } from "../../../../infra/local/state-directory.ts";
import { tableNames } from "../../../../shared/store/table-names.ts";
import { startDynalite } from "../../../contract/emulators.ts";
import { type ScratchDirectory, scratchDirectory } from "../../../fakes/scratch-directory.ts";

// The command as a user starts it, in a process of its own, on real tables: half a second each, more on a busy machine.
vi.setConfig({ testTimeout: 40_000 });
const root = fileURLToPath(new URL("../../../..", import.meta.url));

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
        AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
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
