import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { guardFolder, releaseFolder } from "../guardian.ts";
import { buildFlags, go } from "./go.ts";
import { packages, type Tool } from "./tools.ts";
import type { Kubernetes } from "./versions.ts";

export interface Building {
  readonly tool: Tool;
  /** Where it is to be. */
  readonly path: string;
  readonly kubernetes: Kubernetes;
  readonly env: NodeJS.ProcessEnv;
  /** Gets a line at the start, every 20 s, and at the end. */
  readonly say: (line: string) => void;
}

export async function buildTool({ tool, path, kubernetes, env, say }: Building): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  say(`building ${tool} (${packages[tool]})`);
  const progress = setInterval(() => say(`building ${tool}: ${seconds()} s`), 20_000);
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // Built beside its place and renamed into it: an interrupted build leaves nothing that looks finished, and, being guarded, nothing at all.
  const unfinished = await mkdtemp(join(folder, "unfinished-"));
  guardFolder(unfinished);
  try {
    await go(["build", ...buildFlags(tool, kubernetes), "-o", join(unfinished, tool), packages[tool]], env);
    await rename(join(unfinished, tool), path);
  } finally {
    clearInterval(progress);
    await rm(unfinished, { recursive: true, force: true });
    releaseFolder(unfinished);
  }
  say(`built ${tool} in ${seconds()} s`);
}
