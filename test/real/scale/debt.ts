import type { Signal } from "../../../shared/delta/delta.ts";
import { type AuditRecord, granted } from "../audit-log.ts";
import type { Arrival, Arrivals } from "./arrivals.ts";

/** One thing that was done to an object, and what the forwarder owes for it. */
export interface Debt {
  readonly what: string;
  readonly object: { readonly kind: "Pod" | "Node"; readonly name: string; readonly uid: string };
  readonly owes: "suspect" | "recovered" | "gone";
  readonly signal?: Signal;
  readonly since: ByWrite | ByTimer;
}

/** Owed from the moment when the API server received this write of the test's; nobody else writes the object so, and its name is not used twice. */
interface ByWrite {
  readonly kind: "write";
  /** A delete is one without grace: a graceful one is not the end. */
  readonly verb: "patch" | "delete";
  /** Of the object that the write made: what is told has this version or a newer one. Absent for a delete. */
  readonly resourceVersion?: string;
}

/** Owed from an instant on that the object itself names, ms: no write marks it. */
interface ByTimer {
  readonly kind: "timer";
  readonly at: number;
}

/** How a debt was paid. */
export interface Payment {
  readonly debt: Debt;
  /** Absent: not told at all. */
  readonly lagMs?: number;
}

/**
 * `audit` in the order of the log. Counted from the moment when the API server *received* a write, so its own work is in the lag and never
 * taken off it.
 */
export function payments(
  debts: readonly Debt[],
  arrivals: Arrivals,
  audit: readonly AuditRecord[],
): readonly Payment[] {
  const writes = Map.groupBy(
    audit
      .filter(granted)
      .filter(({ verb, requestObject }) => verb !== "delete" || requestObject?.gracePeriodSeconds === 0),
    ({ verb, object }) => `${verb} ${object.resource} ${object.name}`,
  );
  return debts.map((debt) => {
    const told = arrivals.of(debt.object.uid).find((arrival) => pays(debt, arrival));
    const { since, object } = debt;
    const at =
      since.kind === "timer"
        ? since.at
        : // The writes of one object are debts in the order in which they were made.
          writes.get(`${since.verb} ${object.kind.toLowerCase()}s ${object.name}`)?.shift()?.receivedAt;
    if (at === undefined)
      throw new Error(`looking for a write in the audit log: ${debt.what} ${object.name} is not there`);
    return { debt, ...(told === undefined ? {} : { lagMs: told.sentAt - at }) };
  });
}

function pays({ owes, signal, since }: Debt, { delta }: Arrival): boolean {
  const version = since.kind === "write" ? since.resourceVersion : undefined;
  if (version !== undefined && Number(delta.resourceVersion) < Number(version)) return false;
  // A node that is Ready again, and whose Lease is stale meanwhile, is told as that.
  if (owes === "recovered" && delta.kind === "suspect") return delta.signals.every((each) => each === "NodeLeaseStale");
  return delta.kind === owes && (signal === undefined || delta.signals.includes(signal));
}

/** The nearest-rank percentile, 0 < share <= 1; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
