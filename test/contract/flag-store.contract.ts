import { expect } from "vitest";
import type { FlagRow, LogLevelRow } from "../../shared/flag/flag.ts";
import type { FlagKey, FlagStore } from "../../shared/flag/flag-store.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const at = Date.parse("2026-11-21T12:00:00Z");

/** Every member is there: one that an implementation forgets to store is missed, and a new one must be added here. */
const fullRow: Required<FlagRow> = {
  scope: "eu-1/shop",
  healer: "terminating-reaper",
  mode: "act",
  until: at + 60_000,
  reason: "first namespace",
  by: "jo",
  updatedAt: at,
};

function aRow(scope: string, healer: string, overrides: Partial<FlagRow> = {}): FlagRow {
  return { scope, healer, mode: "observe", reason: "", by: "jo", updatedAt: at, ...overrides };
}

const fullLevel: Required<LogLevelRow> = {
  scope: "eu-1/shop",
  healer: "terminating-reaper",
  level: "debug",
  until: at + 60_000,
  reason: "a look at one namespace",
  by: "jo",
  updatedAt: at,
};

const flagsOf = async (store: FlagStore, wanted: readonly FlagKey[]) => (await store.read(wanted)).flags;

/** What the store says, in an order of its own making. */
function sorted<Row>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

export function flagStoreContract(create: () => Promise<FlagStore>, deviations: Deviations = {}): void {
  contract("FlagStore", deviations, (keeps) => {
    keeps("gives back every member of what was set", async () => {
      const flags = await create();
      await flags.set(fullRow);
      expect(await flagsOf(flags, [fullRow])).toEqual([{ kind: "row", row: fullRow }]);
      expect(await flags.list()).toEqual([{ kind: "row", row: fullRow }]);
    });

    keeps("reads those of the wanted rows that exist, and no other", async () => {
      const flags = await create();
      const all = [aRow("*", "*"), aRow("eu-1", "*"), aRow("eu-1", "orphan-sweeper"), aRow("eu-1/shop", "*")];
      for (const row of all) await flags.set(row);
      const found = await flagsOf(flags, [
        { scope: "eu-1/shop", healer: "*" },
        { scope: "eu-1", healer: "terminating-reaper" },
        { scope: "eu-2", healer: "*" },
        { scope: "*", healer: "*" },
      ]);
      expect(sorted(found)).toEqual(
        sorted([
          { kind: "row", row: aRow("*", "*") },
          { kind: "row", row: aRow("eu-1/shop", "*") },
        ]),
      );
    });

    keeps("reads a row once that is wanted twice, and nothing when nothing is wanted", async () => {
      const flags = await create();
      await flags.set(aRow("*", "*"));
      const key = { scope: "*", healer: "*" };
      expect(await flagsOf(flags, [key, key])).toEqual([{ kind: "row", row: aRow("*", "*") }]);
      expect(await flagsOf(flags, [])).toEqual([]);
    });

    keeps("replaces the whole row", async () => {
      const flags = await create();
      await flags.set(fullRow);
      const next = aRow(fullRow.scope, fullRow.healer, { mode: "off" });
      await flags.set(next);
      expect(await flagsOf(flags, [fullRow])).toEqual([{ kind: "row", row: next }]);
    });

    keeps("writes a starting row only where there is none", async () => {
      const flags = await create();
      expect(await flags.setIfAbsent(aRow("*", "*", { by: "first" }))).toBe("written");
      expect(await flags.setIfAbsent(aRow("*", "*", { by: "second" }))).toBe("exists");
      expect(await flags.list()).toEqual([{ kind: "row", row: aRow("*", "*", { by: "first" }) }]);
    });

    keeps("lets one of twenty racing starting rows win", async () => {
      const flags = await create();
      const answers = await racing(20, (index) => flags.setIfAbsent(aRow("*", "*", { by: `racer-${index}` })));
      expect(answers.filter((each) => each === "written")).toHaveLength(1);
      const winner = aRow("*", "*", { by: `racer-${answers.indexOf("written")}` });
      expect(await flags.list()).toEqual([{ kind: "row", row: winner }]);
    });

    keeps(
      "keeps log levels beside the flags of the same pair, and gives them when they are wanted (S2-05)",
      async () => {
        const flags = await create();
        await flags.setLevel(fullLevel);
        expect(await flags.read([fullLevel], { levels: true })).toEqual({ flags: [], levels: [fullLevel] });
        await flags.set(fullRow);
        expect(await flags.read([fullLevel])).toEqual({ flags: [{ kind: "row", row: fullRow }], levels: [] });
        const elsewhere = { scope: "eu-1", healer: fullLevel.healer };
        expect(await flags.read([elsewhere], { levels: true })).toEqual({ flags: [], levels: [] });
        expect(await flags.list()).toEqual([{ kind: "row", row: fullRow }]);
        expect(await flags.listLevels()).toEqual([{ kind: "row", row: fullLevel }]);
        const next = { ...fullLevel, level: "warn" as const };
        await flags.setLevel(next);
        expect((await flags.read([fullLevel], { levels: true })).levels).toEqual([next]);
      },
    );

    keeps("lists every row, expired ones too", async () => {
      const flags = await create();
      const rows = [aRow("*", "*"), aRow("eu-1", "*", { until: at - 1 }), aRow("eu-1", "orphan-sweeper")];
      for (const row of rows) await flags.set(row);
      expect(sorted(await flags.list())).toEqual(sorted(rows.map((row) => ({ kind: "row", row }))));
    });
  });
}
