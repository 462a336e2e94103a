import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bundle, bundleFunction } from "./bundle/bundle-function.ts";
import { withLock } from "./bundle/folder-lock.ts";
import { inputDigest } from "./bundle/input-digest.ts";
import { sizeTable } from "./bundle/size-table.ts";

/** First gate of P10: what a function's bundle may weigh, gzipped, with both SDKs in it. */
export const bundleLimitGzBytes = 600_000;

const repository = fileURLToPath(new URL("..", import.meta.url));

interface StoredBundle extends Bundle {
  readonly digest: string;
}

/**
 * Bundles `functions/<name>/handler.ts` into `.build/<name>/index.mjs`, each only when something that goes into it has changed. Says on `log`
 * what it does when that takes time. Throws when a function does not build or is too heavy.
 */
export async function buildFunctions(options: {
  readonly log: (line: string) => void;
  readonly root?: string;
}): Promise<{ readonly bundles: readonly Bundle[]; readonly built: readonly string[] }> {
  const root = options.root ?? repository;
  const target = join(root, ".build");
  return withLock(join(target, "lock"), async () => {
    const names = functionsOf(root);
    const stale = names.filter((name) => readFresh(root, name) === undefined);
    if (stale.length > 0) options.log(`building ${stale.join(", ")}`);
    const built = await Promise.all(stale.map((name) => buildOne(root, name)));
    for (const folder of readdirSync(target, { withFileTypes: true })) {
      if (folder.isDirectory() && !names.includes(folder.name)) rmSync(join(target, folder.name), { recursive: true });
    }
    const bundles = names.flatMap((name) => readFresh(root, name) ?? built.filter((bundle) => bundle.name === name));
    const heavy = bundles.filter(({ gzBytes }) => gzBytes > bundleLimitGzBytes);
    if (heavy.length > 0) {
      const words = heavy.map(({ name, gzBytes }) => `${name} weighs ${gzBytes} bytes gzipped`).join(", ");
      throw new Error(`bundling: ${words}; the limit is ${bundleLimitGzBytes}`);
    }
    return { bundles, built: stale };
  });
}

function functionsOf(root: string): readonly string[] {
  const folder = join(root, "functions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "handler.ts")))
    .sort();
}

/** Built beside and moved into place, so that an interrupted build leaves the last one whole. */
async function buildOne(root: string, name: string): Promise<Bundle> {
  const target = join(root, ".build", name);
  const draft = join(root, ".build", `${name}.draft`);
  rmSync(draft, { recursive: true, force: true });
  const began = Date.now();
  const bundle = await bundleFunction(root, name, `functions/${name}/handler.ts`, draft);
  // A source that was saved meanwhile may or may not be in: the next build has to look again.
  const settled = bundle.inputs.every((path) => statSync(join(root, path)).mtimeMs < began);
  const stored: StoredBundle = { ...bundle, digest: settled ? digestOf(root, bundle.inputs) : "saved while building" };
  mkdirSync(join(root, ".build"), { recursive: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
  writeFileSync(manifestOf(root, name), `${JSON.stringify(stored, null, 1)}\n`);
  return bundle;
}

function readFresh(root: string, name: string): Bundle | undefined {
  const manifest = manifestOf(root, name);
  if (!existsSync(manifest) || !existsSync(join(root, ".build", name, "index.mjs"))) return undefined;
  // Only this file writes manifests; one of another shape has another digest.
  const stored = JSON.parse(readFileSync(manifest, "utf8")) as StoredBundle;
  return stored.digest === digestOf(root, stored.inputs) ? stored : undefined;
}

function digestOf(root: string, inputs: readonly string[]): string {
  return inputDigest(root, [...inputs, "package-lock.json", "infra/bundle/bundle-function.ts"]);
}

function manifestOf(root: string, name: string): string {
  return join(root, ".build", `${name}.json`);
}

if (import.meta.main) {
  try {
    const { bundles, built } = await buildFunctions({ log: (line) => process.stdout.write(`${line}\n`) });
    if (built.length === 0) process.stdout.write("nothing has changed since the last build\n");
    process.stdout.write(`${sizeTable(bundles, bundleLimitGzBytes)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
