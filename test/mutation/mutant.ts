/** One rail taken away: the edit that removes it, and the tests that must then fail. */
export interface Mutant {
  readonly rail: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
  /** The cases of them that are run, as a pattern of their names; all of them when absent. */
  readonly cases?: string;
}
