import type { ClusterStore } from "../../shared/cluster/cluster-state.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { memoryCatalogueStore } from "../fakes/memory-catalogue-store.ts";
import { memoryClusterStore } from "../fakes/memory-cluster-store.ts";
import { memoryFlagStore } from "../fakes/memory-flag-store.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { memoryUnknownStore } from "../fakes/memory-unknown-store.ts";
import type { Chronicle } from "./chronicle.ts";
import { unrulyTable } from "./unruly-table.ts";
import type { Weather } from "./weather.ts";

/** Every table of the product, as they are: what is looked at from outside. */
export type Tables = ReturnType<typeof memoryTables>;

export function memoryTables() {
  return {
    ...memoryStores(),
    clusters: memoryClusterStore(),
    flagRows: memoryFlagStore(),
    signatures: memoryCatalogueStore(),
    unknowns: memoryUnknownStore(),
  };
}

/** The same rows as the product sees them. */
export function unrulyTables(tables: Tables, weather: Weather): Tables {
  const entries = Object.entries(tables).map(([name, store]) => [name, unrulyTable(name, store, weather)]);
  return { ...tables, ...Object.fromEntries(entries) };
}

/** Writes down what the dispatcher has committed, under the faults of the table: what took effect counts, whatever its caller was told. */
export function recorded(clusters: Tables["clusters"], told: Chronicle, clock: Clock): Tables["clusters"] {
  const writing: Pick<ClusterStore, "saveReport" | "replaceBrake"> = {
    async saveReport(id, report) {
      const answer = await clusters.saveReport(id, report);
      if (answer === "saved") told.reportSentAt.put(clock.now(), report.sentAt);
      return answer;
    },
    async replaceBrake(id, before, next) {
      const answer = await clusters.replaceBrake(id, before, next);
      if (answer === "replaced") told.brake.put(clock.now(), next.state);
      return answer;
    },
  };
  return { ...clusters, ...writing };
}
