import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { guardFolder, releaseFolder } from "./guardian.ts";

export interface Filling {
  /** Where it is to be: a file or a folder below the cache folder. */
  readonly path: string;
  /** For people, as in "fetching the jars of X" and "fetched the jars of X in 12 s". */
  readonly doing: string;
  readonly done: string;
  /** Gets a line at the start, every 20 s, and at the end. */
  readonly say: (line: string) => void;
  /** Makes it at the given path, which is beside its place. */
  make(path: string, scratch: string): Promise<void>;
}

/**
 * Puts something into the cache: made beside its place and renamed into it, so that an interrupted making leaves nothing that looks finished, and, being
 * guarded, nothing at all.
 */
export async function fillCache({ path, doing, done, say, make }: Filling): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  say(doing);
  const progress = setInterval(() => say(`${doing}: ${seconds()} s`), 20_000);
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const unfinished = await mkdtemp(join(folder, "unfinished-"));
  guardFolder(unfinished);
  try {
    const made = join(unfinished, "made");
    await make(made, unfinished);
    await rename(made, path).catch(async (error: unknown) => {
      // Another run was quicker; what it put there is the same.
      if (!(await exists(path))) throw error;
    });
  } finally {
    clearInterval(progress);
    await rm(unfinished, { recursive: true, force: true });
    releaseFolder(unfinished);
  }
  say(`${done} in ${seconds()} s`);
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
