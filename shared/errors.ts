/** Codes are stable: operators search for them, alarms count them. */
export type ErrorCode =
  | "ConfigInvalid"
  | "ClusterUnreachable"
  | "ClusterUnauthorized"
  | "ClusterAnswerUnreadable"
  | "StoreUnavailable"
  | "QueueUnavailable"
  | "StateDirectoryUnusable"
  | "StateInUse"
  | "KubeconfigUnusable"
  | "LabRefused"
  | "MessageMalformed";

/**
 * A surprise: something that the job cannot go on with. Outcomes that belong to the job (gone, conflict, over budget …) are values.
 * `message` reads "verb-ing noun: detail" and names what and which; `retryable` says whether the same call may succeed later.
 */
export class KnitboneError extends Error {
  override readonly name = "KnitboneError";
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The words of anything thrown, on one line, without control characters and without a stack. */
export function describeError(thrown: unknown): string {
  const words = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: stripping them is the point (terminal escapes in server answers)
  return words.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}
