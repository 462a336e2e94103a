import { fillCache } from "../fill-cache.ts";
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

export function buildTool({ tool, path, kubernetes, env, say }: Building): Promise<void> {
  return fillCache({
    path,
    doing: `building ${tool} (${packages[tool]})`,
    done: `built ${tool}`,
    say,
    make: (made) => go(["build", ...buildFlags(tool, kubernetes), "-o", made, packages[tool]], env),
  });
}
