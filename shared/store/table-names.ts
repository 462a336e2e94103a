/** The tables of one installation. All have the same keys (`pk`, `sk`, both strings) and the TTL attribute `expiresAt`. */
export interface TableNames {
  /** Cases and claims. */
  readonly cases: string;
  readonly budgets: string;
  /** The ledger. */
  readonly actions: string;
  readonly flags: string;
  /** Registrations, senders, reports, brakes, breakers, arrived sequence numbers. */
  readonly clusters: string;
  readonly incidents: string;
  /** Lives of pods, and what finds them by name; the leaks. */
  readonly lifecycle: string;
  /** Signatures that people added at run time. */
  readonly catalogue: string;
  /** Messages that no signature matches. */
  readonly unknowns: string;
}

export function tableNames(prefix: string): TableNames {
  return {
    cases: `${prefix}-cases`,
    budgets: `${prefix}-budgets`,
    actions: `${prefix}-actions`,
    flags: `${prefix}-flags`,
    clusters: `${prefix}-clusters`,
    incidents: `${prefix}-incidents`,
    lifecycle: `${prefix}-lifecycle`,
    catalogue: `${prefix}-catalogue`,
    unknowns: `${prefix}-unknowns`,
  };
}
