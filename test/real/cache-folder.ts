import { homedir } from "node:os";
import { join } from "node:path";

/** Where built and fetched programs are kept, outside the clone, so that a fresh clone is quick: KNITBONE_CACHE, else the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv, kind: string): string {
  const root = env["KNITBONE_CACHE"] || join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "knitbone");
  return join(root, kind);
}
