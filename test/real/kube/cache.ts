import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { buildFlags, moduleFolder } from "./go.ts";
import { ownTools, type Tool } from "./tools.ts";
import { type Kubernetes, pinsOf } from "./versions.ts";

const kubeletFolder = join(moduleFolder, "..", "kubelet");

/** Where a built program is or will be. */
export async function cachedPath(tool: Tool, kubernetes: Kubernetes, env: NodeJS.ProcessEnv): Promise<string> {
  return join(cacheFolder(env, "kube"), await cacheKey(tool, kubernetes), tool);
}

/** Same sources, same flags, same platform: same program. The kubelet's own source counts for what is built from it only. */
async function cacheKey(tool: Tool, kubernetes: Kubernetes): Promise<string> {
  const { modFile } = pinsOf(tool, kubernetes);
  const sources = [modFile, modFile.replace(/mod$/, "sum")].map((name) => join(moduleFolder, name));
  if (ownTools.includes(tool)) sources.push(...(await goFiles(kubeletFolder)));
  const hash = createHash("sha256");
  for (const source of sources) hash.update(await readFile(source)).update("\0");
  hash.update(JSON.stringify([buildFlags(tool, kubernetes), process.platform, process.arch]));
  return hash.digest("hex").slice(0, 16);
}

async function goFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".go") || name.endsWith("go.mod"))
    .toSorted()
    .map((name) => join(folder, name));
}
