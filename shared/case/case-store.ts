import type { Case, CaseKey } from "./case.ts";

export interface CaseStore {
  /** Strongly consistent. */
  load(key: CaseKey): Promise<Case | undefined>;
  /**
   * Writes `next` only if the stored version is `expectedVersion` (0: no row yet); `next.version` must be one higher. One
   * conditional write. "conflict": somebody else was faster, nothing was written.
   */
  save(next: Case, expectedVersion: number): Promise<"saved" | "conflict">;
  /** For people, newest change first; may be stale. */
  list(filter?: { readonly cluster?: string; readonly healer?: string }): Promise<readonly Case[]>;
}
