/** What the caller typed cannot be used: shown on one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
