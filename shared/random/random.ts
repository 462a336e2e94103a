/** Randomness and ids, passed in so that a run can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A new UUID (version 4 shape). */
  id(): string;
}
