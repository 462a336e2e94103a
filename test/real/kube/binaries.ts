import { join } from "node:path";
import { assetsFolder } from "./assets.ts";
import { buildTool } from "./build-tool.ts";
import { cachedPath } from "./cache.ts";
import { isExecutable } from "./executable.ts";
import { checkGo } from "./go.ts";
import { type ClusterTool, clusterTools, type Tool } from "./tools.ts";
import { kubernetes } from "./versions.ts";

/** Absolute paths. */
export type Binaries<Wanted extends Tool = ClusterTool> = Readonly<Record<Wanted, string>>;

/**
 * Finds programs of the Kubernetes that KUBE_VERSION names: in KUBEBUILDER_ASSETS, else in the cache, else builds them (5 to 10 minutes for
 * all on two cores, the first time). `say` gets one line per step. What cannot be had is one error that says what, and how to get it.
 */
export function binaries(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Binaries> {
  return binariesOf(clusterTools, env, say);
}

/** The same for some programs: Kwok is only had by asking for it. */
export async function binariesOf<Wanted extends Tool>(
  wanted: readonly Wanted[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Binaries<Wanted>> {
  const chosen = kubernetes(env);
  const assets = await assetsFolder(chosen, env);
  const found: Partial<Record<Wanted, string>> = {};
  const missing: { tool: Wanted; path: string }[] = [];
  for (const tool of wanted) {
    const asset = assets === undefined ? undefined : join(assets, tool);
    const cached = await cachedPath(tool, chosen, env);
    if (asset !== undefined && (await isExecutable(asset))) found[tool] = asset;
    else if (await isExecutable(cached)) found[tool] = cached;
    else missing.push({ tool, path: cached });
  }
  if (missing.length > 0) {
    const tools = missing.map(({ tool }) => tool);
    await checkGo(tools, chosen, env);
  }
  for (const [index, { tool, path }] of missing.entries()) {
    const step = (line: string) => say(`[${index + 1}/${missing.length}] ${line}`);
    await buildTool({ tool, path, kubernetes: chosen, env, say: step });
    found[tool] = path;
  }
  return found as Binaries<Wanted>;
}
