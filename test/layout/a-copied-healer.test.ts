import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concernedHealers, type RoutingTable } from "../../functions/dispatcher/route.ts";
import { knownHealers } from "../../infra/cli/known-healers.ts";
import { stackOfTemplate } from "../../infra/local/template.ts";
import { compiledTemplate } from "../../infra/package.ts";
import { aRef } from "../build/object-ref.ts";
import { scratchDirectory } from "../fakes/scratch-directory.ts";
import { root } from "./source-imports.ts";

// What CONTRIBUTING, "Adding a healer", says, done to the letter: copy the folders, put the new name for the old one. Nothing shared changes.
const model = "terminating-reaper";
const name = "grace-keeper";
const folders = ["functions", "test/unit/functions", "test/fixtures"];
const repository = ["functions", "infra", "shared", "test", "docs"];
const files = [
  "package.json",
  "package-lock.json",
  "serverless.yml",
  "tsconfig.json",
  "vitest.config.ts",
  "knip.json",
  "README.md",
];

const scratch = scratchDirectory();
const copy = scratch.path;
let template: { readonly Resources: Readonly<Record<string, { readonly Type: string }>> };

const camelCase = (kebab: string) => kebab.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** One of the tools, in the copy; its output when it ends well, an error with it when not. */
function tool(path: string, ...args: readonly string[]): string {
  try {
    const said = execFileSync(process.execPath, [join("node_modules", path), ...args], {
      cwd: copy,
      encoding: "utf8",
      stdio: "pipe",
    });
    return stripVTControlCharacters(said);
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${path} ${args.join(" ")}:\n${stdout}\n${stderr}`, { cause: error });
  }
}

function copyHealer(): void {
  for (const folder of folders) {
    const target = join(copy, folder, name);
    cpSync(join(copy, folder, model), target, { recursive: true });
    for (const file of readdirSync(target, { recursive: true, encoding: "utf8" })) rename(join(target, file));
  }
}

function rename(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replaceAll(model, name).replaceAll(camelCase(model), camelCase(name)));
}

beforeAll(async () => {
  for (const each of [...repository, ...files]) cpSync(join(root, each), join(copy, each), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  copyHealer();
  template = JSON.parse(readFileSync(await compiledTemplate({ root: copy, log: () => {} }), "utf8"));
}, 120_000);
afterAll(() => scratch[Symbol.dispose]());

describe("a healer that was made by copying a folder", () => {
  it("is deployed: function, queue, dead letters, mapping, role and alarms of its own", () => {
    const own = Object.entries(template.Resources).filter(([, resource]) => JSON.stringify(resource).includes(name));
    const ofType = (type: string) => own.filter(([, { Type }]) => Type === type).map(([id]) => id);
    expect(ofType("AWS::Lambda::Function")).toContain("GraceDashkeeperLambdaFunction");
    expect(ofType("AWS::SQS::Queue")).toEqual(expect.arrayContaining(["GraceKeeperQueue", "GraceKeeperDeadLetters"]));
    expect(ofType("AWS::IAM::Role")).toContain("GraceKeeperRole");
    expect(ofType("AWS::CloudWatch::Alarm").sort()).toEqual(["GraceKeeperAgeAlarm", "GraceKeeperDeadLettersAlarm"]);
    const spec = stackOfTemplate(template, { region: "local", accountId: "1", queueUrl: (queue) => queue });
    expect(spec.mappings.filter(({ functionName }) => functionName.endsWith(name))).toMatchObject([
      { queue: expect.stringMatching(new RegExp(`${name}$`)), batchSize: 10, partialFailures: true },
    ]);
    expect(spec.queues.find((each) => each.name.endsWith(name))?.redrive?.deadLetterQueue).toContain(name);
  });

  it("hears of its signals: the dispatcher's routing is compiled from its function.yml", () => {
    const spec = stackOfTemplate(template, { region: "local", accountId: "1", queueUrl: (queue) => queue });
    const environment = spec.functions.find(({ folder }) => folder === "dispatcher")?.environment;
    const routes: RoutingTable = JSON.parse(environment?.["ROUTES"] ?? "{}");
    const overdue = { kind: "suspect", object: aRef(), signals: ["PodOverdue"] } as const;
    expect(concernedHealers(routes, overdue)).toEqual(expect.arrayContaining([model, name]));
    expect(JSON.parse(environment?.["HEALER_QUEUES"] ?? "{}")).toHaveProperty(name);
  });

  it("is built into a bundle that loads and exports a handler", async () => {
    const bundle = join(copy, ".build", name, "index.mjs");
    expect(readFileSync(bundle, "utf8")).toContain(name);
    const environment = { TABLE_PREFIX: "t", KNITBONE_VERSION: "0", AWS_REGION: "local" };
    const print = `const { handler } = await import("${pathToFileURL(bundle).href}"); console.log(typeof handler)`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", print], {
      cwd: "/",
      env: environment,
    });
    expect(String(printed).trim()).toBe("function");
  });

  it("is known to the command line, and can be switched off by its name", () => {
    expect(knownHealers(copy)).toContain(name);
  });

  it("passes the compiler, the tests of every folder's shape, and its own, which handle messages from sighting to heal", () => {
    tool("typescript/bin/tsc", "--noEmit");
    const said = tool("vitest/vitest.mjs", "run", "test/layout/healer-folders.test.ts", `test/unit/functions/${name}`);
    expect(said).toMatch(/Test Files\s+\d+ passed/);
    expect(said).toContain(`test/unit/functions/${name}/pipeline.test.ts`);
  }, 120_000);

  it("is refused where the copy was forgotten halfway: a folder under another name than its healer's", () => {
    renameSync(join(copy, "functions", name), join(copy, "functions", "half-done"));
    expect(() => tool("vitest/vitest.mjs", "run", "test/layout/healer-folders.test.ts")).toThrow(/half-done/);
    renameSync(join(copy, "functions", "half-done"), join(copy, "functions", name));
  }, 120_000);
});
