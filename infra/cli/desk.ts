import type { CaseStore } from "../../shared/case/case-store.ts";
import type { CatalogueStore } from "../../shared/catalogue/catalogue-store.ts";
import type { UnknownStore } from "../../shared/catalogue/unknown-store.ts";
import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import type { FlagStore } from "../../shared/flag/flag-store.ts";
import type { RungRecordStore } from "../../shared/heal/rung-record.ts";
import type { IncidentStore } from "../../shared/incident/incident.ts";
import type { Ledger } from "../../shared/ledger/ledger.ts";
import type { LifecycleStore } from "../../shared/lifecycle/lifecycle.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { plainJson } from "./plain-text.ts";
import { type Cell, type Screen, textTable } from "./text-table.ts";

/** The tables that a person may look into. */
export interface Stores {
  readonly flags: FlagStore;
  readonly cases: CaseStore;
  readonly ledger: Ledger;
  readonly incidents: IncidentStore;
  readonly clusters: ClusterStore;
  readonly lifecycles: LifecycleStore;
  readonly catalogue: CatalogueStore;
  readonly unknowns: UnknownStore;
  readonly rungs: Pick<RungRecordStore, "read">;
  /** A stack of this machine: its clusters may be contexts of a kubeconfig file. */
  readonly local: boolean;
  /** Ends what was started to reach them. */
  close?(): Promise<void>;
}

/** Where the stack is, as the command line says it. */
export interface Place {
  readonly state?: string;
  readonly prefix?: string;
}

/** Everything that commands stand on, passed in once. */
export interface Desk {
  open(place: Place): Promise<Stores>;
  readonly clock: Clock;
  readonly healers: readonly string[];
  /** Who types: written into what they change. */
  readonly user: string;
  readonly screen: Screen;
  out(text: string): void;
  err(text: string): void;
}

/** One list, for people or for programs. */
export interface Listing<Item> {
  readonly items: readonly Item[];
  /** Said instead of an empty table. */
  readonly none: string;
  readonly head: readonly string[];
  readonly spare?: readonly string[];
  readonly row: (item: Item) => readonly Cell[];
  readonly json: (item: Item) => unknown;
}

export interface ListOptions {
  readonly json?: true;
  readonly limit?: number;
}

const rowsForPeople = 50;

export function showList<Item>(desk: Desk, listing: Listing<Item>, options: ListOptions): void {
  const { items, none, head, spare = [], row, json } = listing;
  if (options.json) {
    desk.out(plainJson(items.slice(0, options.limit).map(json)));
    return;
  }
  if (items.length === 0) {
    desk.out(none);
    return;
  }
  const shown = items.slice(0, options.limit ?? rowsForPeople);
  desk.out(textTable({ head, spare, rows: shown.map(row) }, desk.screen));
  if (shown.length < items.length) {
    desk.out(`… and ${items.length - shown.length} more (--limit ${items.length} shows all)`);
  }
}
