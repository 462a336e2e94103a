import type { Desk, Place, Stores } from "../../../../infra/cli/desk.ts";
import { runKnitbone } from "../../../../infra/cli/program.ts";
import { type ManualClock, manualClock } from "../../../fakes/manual-clock.ts";
import { memoryCaseStore } from "../../../fakes/memory-case-store.ts";
import { memoryCatalogueStore } from "../../../fakes/memory-catalogue-store.ts";
import { memoryClusterStore } from "../../../fakes/memory-cluster-store.ts";
import { memoryFlagStore } from "../../../fakes/memory-flag-store.ts";
import { memoryIncidentStore } from "../../../fakes/memory-incident-store.ts";
import { memoryLedger } from "../../../fakes/memory-ledger.ts";
import { memoryLifecycleStore } from "../../../fakes/memory-lifecycle-store.ts";
import { memoryRungRecordStore } from "../../../fakes/memory-rung-record-store.ts";
import { memoryUnknownStore } from "../../../fakes/memory-unknown-store.ts";

/** A desk over memory stores, at noon; `run` gives what one command line wrote and its exit code. */
export function testDesk(
  options: { readonly local?: boolean; readonly colour?: boolean; readonly width?: number } = {},
) {
  const clock: ManualClock = manualClock();
  const stores = {
    flags: memoryFlagStore(),
    cases: memoryCaseStore(),
    ledger: memoryLedger(),
    incidents: memoryIncidentStore(),
    clusters: memoryClusterStore(),
    lifecycles: memoryLifecycleStore(),
    catalogue: memoryCatalogueStore(),
    unknowns: memoryUnknownStore(),
    rungs: memoryRungRecordStore(),
    local: options.local ?? true,
  } satisfies Stores;
  const places: Place[] = [];

  async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const desk: Desk = {
      open: async ({ state, prefix }) => {
        places.push({ ...(state === undefined ? {} : { state }), ...(prefix === undefined ? {} : { prefix }) });
        return stores;
      },
      clock,
      healers: ["orphan-sweeper", "terminating-reaper"],
      user: "alice",
      screen: { colour: options.colour ?? false, width: options.width ?? Number.POSITIVE_INFINITY },
      out: (text) => out.push(text),
      err: (text) => err.push(text),
    };
    const code = await runKnitbone(args, desk, "0.1.0");
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  return { clock, stores, places, run };
}
