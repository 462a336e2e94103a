import { execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { bundleLimitGzBytes } from "../../infra/build.ts";
import { packageService } from "../../infra/package.ts";
import { zipEntries } from "./zip-entries.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const functions = globSync("functions/*/handler.ts", { cwd: root })
  .map((path) => dirname(path).slice("functions/".length))
  .sort();
let folder: string;

// A real `osls package`, without an account and without a network.
beforeAll(async () => {
  folder = dirname(await packageService({ log: () => {} }));
}, 120_000);

it("packages every function by itself", () => {
  expect(functions).toEqual(expect.arrayContaining(["dispatcher", "orphan-sweeper", "terminating-reaper"]));
  expect(
    readdirSync(folder)
      .filter((name) => name.endsWith(".zip"))
      .sort(),
  ).toEqual(functions.map((name) => `${name}.zip`));
});

it.each(functions)("puts nothing into %s's package but its own bundle", (name) => {
  const entries = zipEntries(readFileSync(join(folder, `${name}.zip`)));
  const bundled = readdirSync(join(root, ".build", name)).map((file) => `.build/${name}/${file}`);
  expect([...entries].sort()).toEqual(bundled.sort());
  expect(entries).toContain(`.build/${name}/index.mjs`);
});

it.each(functions)("keeps the bundle of %s below the gate", (name) => {
  const { gzBytes } = JSON.parse(readFileSync(join(root, ".build", `${name}.json`), "utf8"));
  expect(gzBytes).toBeGreaterThan(1_000);
  expect(gzBytes).toBeLessThanOrEqual(bundleLimitGzBytes);
});

it.each(functions)("%s's bundle loads by itself and exports a handler", (name) => {
  const template = JSON.parse(readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8"));
  const resources: { Properties: { Handler?: string; Environment: { Variables: Record<string, unknown> } } }[] =
    Object.values(template.Resources);
  const lambda = resources.find(({ Properties }) => Properties.Handler === `.build/${name}/index.handler`)?.Properties;
  const variables = Object.entries(lambda?.Environment.Variables ?? {}).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : key === "HEALER_QUEUES" ? "{}" : "https://sqs.eu-west-1.amazonaws.com/1/queue",
  ]);
  expect(variables.length).toBeGreaterThan(5);
  const bundle = pathToFileURL(join(root, ".build", name, "index.mjs")).href;
  const printed = execFileSync(
    process.execPath,
    ["--input-type=module", "-e", `const { handler } = await import("${bundle}"); console.log(typeof handler)`],
    // From another directory, so that nothing of node_modules is found by chance.
    { cwd: "/", env: { ...Object.fromEntries(variables), AWS_REGION: "eu-west-1" }, encoding: "utf8" },
  );
  expect(printed.trim()).toBe("function");
});
