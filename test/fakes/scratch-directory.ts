import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ScratchDirectory extends Disposable {
  readonly path: string;
  /** Writes a file and tells its full path. */
  write(name: string, content: string, mode?: number): string;
}

/** A directory of its own under the system's temporary one, removed at the end of the test. */
export function scratchDirectory(): ScratchDirectory {
  const path = mkdtempSync(join(tmpdir(), "knitbone-test-"));
  return {
    path,
    write(name, content, mode = 0o600) {
      const file = join(path, name);
      writeFileSync(file, content, { mode });
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
