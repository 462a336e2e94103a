import { spawn } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFunctions } from "./build.ts";
import { withLock } from "./bundle/folder-lock.ts";
import { inputDigest } from "./bundle/input-digest.ts";
import { readFunctions } from "./stack/function-settings.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));

interface PackageOptions {
  readonly log: (line: string) => void;
  readonly root?: string;
  /** Options for osls: `--stage`, `--region`, `--param name=value`. */
  readonly args?: readonly string[];
}

/** Bundles the functions and runs `osls package`: needs no account and no network. Returns the path of the compiled template. */
export async function packageService(options: PackageOptions): Promise<string> {
  const root = options.root ?? repository;
  await buildFunctions(options);
  return withLock(join(root, ".build", "package-lock"), () => runPackage(root, options));
}

/**
 * The compiled template, over bundles that are up to date. Packaged again only when something that shapes the template has changed (a
 * function's code does not).
 */
export async function compiledTemplate(options: Omit<PackageOptions, "args">): Promise<string> {
  const root = options.root ?? repository;
  await buildFunctions(options);
  return withLock(join(root, ".build", "package-lock"), async () => {
    const fresh = existsSync(templateOf(root)) && existsSync(stampOf(root));
    if (fresh && readFileSync(stampOf(root), "utf8") === digestOf(root, [])) return templateOf(root);
    return runPackage(root, options);
  });
}

async function runPackage(root: string, { log, args = [] }: PackageOptions): Promise<string> {
  // osls wraps what healers.js throws in pages of its own: what can be wrong with a function is better told first.
  readFunctions(root);
  log("packaging serverless.yml");
  const { code, output } = await osls(root, ["package", ...args]);
  if (code !== 0 || !existsSync(templateOf(root))) {
    const words = output.split("\n").filter((line) => !/^\s+at |^(Environment|Docs):|^\s*$/.test(line));
    throw new Error(`packaging serverless.yml: osls ended with ${code}\n${words.join("\n")}`);
  }
  writeFileSync(stampOf(root), digestOf(root, args));
  return templateOf(root);
}

function templateOf(root: string): string {
  return join(root, ".serverless", "cloudformation-template-update-stack.json");
}

function stampOf(root: string): string {
  return join(root, ".serverless", "inputs.sha256");
}

function digestOf(root: string, args: readonly string[]): string {
  const files = globSync(["infra/*.yml", "infra/healers.js", "infra/stack/*.ts", "functions/*/function.yml"], {
    cwd: root,
  });
  return inputDigest(
    root,
    [...files, "serverless.yml", "package.json", "package-lock.json", "shared/delta/delta.ts"],
    args,
  );
}

/** Packaging asks AWS nothing; region and credentials of the machine are kept out, so that it gives the same everywhere. */
function osls(
  root: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const manifest = fileURLToPath(import.meta.resolve("osls/package.json"));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(manifest, "..", "bin", "serverless.js"), ...args], {
      cwd: root,
      env: { ...env, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

if (import.meta.main) {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const template = await packageService({ log: print, args: process.argv.slice(2) });
    const folder = join(template, "..");
    for (const zip of globSync("*.zip", { cwd: folder }).sort()) {
      print(`  ${zip.padEnd(32)} ${(statSync(join(folder, zip)).size / 1_000).toFixed(1).padStart(8)} kB`);
    }
    const { Resources } = JSON.parse(readFileSync(template, "utf8")) as { Resources: Record<string, { Type: string }> };
    const counts = Object.entries(Object.groupBy(Object.values(Resources), ({ Type }) => Type.replace("AWS::", "")));
    print(`  ${counts.map(([type, resources]) => `${resources?.length ?? 0} ${type}`).join(", ")}`);
    print(`made ${template.slice(repository.length)}`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
