import { readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

export interface Bundle {
  readonly name: string;
  readonly bytes: number;
  readonly gzBytes: number;
  /** What Lambda loads before the first message: the entry and the chunks it imports outright. */
  readonly startBytes: number;
  /** Own sources that went in, relative to the repository; installed packages are covered by the lock file. */
  readonly inputs: readonly string[];
}

/** Bundles one entry file with everything that it imports into `outdir/index.mjs` and chunks. */
export async function bundleFunction(root: string, name: string, entry: string, outdir: string): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    // Dynamic imports become chunks: what is rarely needed (SSO and INI credentials, STS) stays out of the start.
    splitting: true,
    outExtension: { ".js": ".mjs" },
    chunkNames: "[name]-[hash]",
    // ES modules first: esbuild's default for Node takes the CommonJS builds of the SDKs, which it cannot shake (30 % more).
    mainFields: ["module", "main"],
    // Some dependencies still call require(), which an ES module does not have.
    banner: { js: 'import{createRequire as $cr}from"node:module";const require=$cr(import.meta.url);' },
    legalComments: "none",
    plugins: [shakeableClientNode],
    metafile: true,
    logLevel: "silent",
  });
  const outputs = Object.entries(result.metafile.outputs);
  const sizes = outputs.map(([path, { bytes }]) => ({ bytes, gz: gzipSync(readFileSync(resolve(root, path))).length }));
  return {
    name,
    bytes: sum(sizes.map(({ bytes }) => bytes)),
    gzBytes: sum(sizes.map(({ gz }) => gz)),
    startBytes: startBytes(result.metafile.outputs),
    inputs: Object.keys(result.metafile.inputs)
      .map((path) => relative(root, resolve(root, path)))
      .filter((path) => !path.includes("node_modules/") && !path.startsWith(".."))
      .sort(),
  };
}

/**
 * Lets esbuild leave out what is not used of @kubernetes/client-node (copying files, exec, every API class: 340 kB). Its package.json does not say
 * that its modules do nothing when loaded, but none of them does.
 */
const shakeableClientNode: Plugin = {
  name: "shakeable-client-node",
  setup({ onResolve }) {
    // Resolved by hand: esbuild's own `resolve` begins with empty caches at every call, which took 15 s for these 1,500 imports.
    onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: clientNode, sideEffects: false }));
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.startsWith(dirname(clientNode)) ? { path: resolve(resolveDir, path), sideEffects: false } : undefined,
    );
  },
};

const clientNode = fileURLToPath(import.meta.resolve("@kubernetes/client-node"));

interface Output {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

function startBytes(outputs: Readonly<Record<string, Output>>): number {
  const seen = new Set<string>();
  const pending = Object.keys(outputs).filter((path) => basename(path) === "index.mjs");
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === "import-statement" && imported.external !== true) pending.push(imported.path);
    }
  }
  return sum([...seen].map((path) => outputs[path]?.bytes ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
