import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlagRow, Mode } from "../../../../shared/flag/flag.ts";
import type { StoredFlag } from "../../../../shared/flag/flag-store.ts";
import { applicableFlags, resolveMode } from "../../../../shared/flag/resolve-mode.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const query = { healer: "terminating-reaper", cluster: "eu-1", namespace: "shop" };

function row(scope: string, healer: string, mode: Mode, overrides: Partial<FlagRow> = {}): StoredFlag {
  return { kind: "row", row: { scope, healer, mode, reason: "", by: "jo", updatedAt: now, ...overrides } };
}

function malformed(scope: string, healer: string): StoredFlag {
  return { kind: "malformed", scope, healer, detail: "mode: Invalid input" };
}

function modeOf(rows: readonly StoredFlag[], asked = query) {
  const answer = resolveMode(rows, asked, now);
  return answer.kind === "mode" ? answer.mode : answer.kind;
}

describe("applicableFlags", () => {
  it("asks for the most specific row first: scope before healer", () => {
    expect(applicableFlags(query)).toEqual([
      { scope: "eu-1/shop", healer: "terminating-reaper" },
      { scope: "eu-1/shop", healer: "*" },
      { scope: "eu-1", healer: "terminating-reaper" },
      { scope: "eu-1", healer: "*" },
      { scope: "*", healer: "terminating-reaper" },
      { scope: "*", healer: "*" },
    ]);
  });

  it("asks for no namespace where the object has none", () => {
    const four = applicableFlags({ healer: "notready-handler", cluster: "eu-1" });
    expect(four.map((each) => each.scope)).toEqual(["eu-1", "eu-1", "*", "*"]);
    expect(applicableFlags({ healer: "notready-handler", cluster: "eu-1", namespace: "" })).toEqual(four);
  });
});

describe("resolveMode", () => {
  it("is absent without any row, and with rows about others only", () => {
    expect(resolveMode([], query, now)).toEqual({ kind: "absent" });
    const others = [row("eu-2", "*", "act"), row("eu-1", "orphan-sweeper", "off"), row("eu-1/bank", "*", "off")];
    expect(resolveMode(others, query, now)).toEqual({ kind: "absent" });
  });

  it("answers with the row that decided", () => {
    const decided = row("eu-1", "*", "act", { by: "kim" });
    const answer = resolveMode([row("*", "*", "observe"), decided], query, now);
    expect(answer).toEqual({ kind: "mode", mode: "act", row: decided.kind === "row" ? decided.row : undefined });
  });

  it("lets the more specific scope decide, also against a more specific healer (S3-14)", () => {
    expect(modeOf([row("eu-1/shop", "*", "act"), row("eu-1", "terminating-reaper", "observe")])).toBe("act");
    expect(modeOf([row("eu-1", "*", "observe"), row("*", "terminating-reaper", "act")])).toBe("observe");
  });

  it("lets the healer's own row decide within one scope", () => {
    expect(modeOf([row("eu-1", "*", "observe"), row("eu-1", "terminating-reaper", "act")])).toBe("act");
  });

  it("is off when any applicable row says off, however general", () => {
    expect(modeOf([row("eu-1/shop", "terminating-reaper", "act"), row("*", "*", "off")])).toBe("off");
    expect(modeOf([row("eu-1/shop", "terminating-reaper", "off"), row("*", "*", "act")])).toBe("off");
  });

  it("counts a row as absent from its `until` on", () => {
    const off = (until: number) => [row("*", "*", "act"), row("eu-1", "*", "off", { until })];
    expect(modeOf(off(now + 1))).toBe("off");
    expect(modeOf(off(now))).toBe("act");
    expect(modeOf(off(now - 1))).toBe("act");
    expect(modeOf([row("*", "*", "act", { until: now })])).toBe("absent");
  });

  it("is unreadable when an applicable row is malformed, and names the row", () => {
    expect(resolveMode([row("eu-1/shop", "*", "act"), malformed("*", "*")], query, now)).toEqual({
      kind: "unreadable",
      detail: "flag row * *: mode: Invalid input",
    });
  });

  it("is off, not unreadable, when one row is malformed and another says off", () => {
    expect(modeOf([row("*", "*", "off"), malformed("eu-1", "*")])).toBe("off");
  });

  it("ignores a malformed row that is about others", () => {
    expect(modeOf([row("*", "*", "act"), malformed("eu-2", "*")])).toBe("act");
  });
});

describe("resolveMode, for any rows", () => {
  const scope = fc.constantFrom("*", "eu-1", "eu-2", "eu-1/shop", "eu-1/bank");
  const healer = fc.constantFrom("*", "terminating-reaper", "orphan-sweeper");
  const anyRow = fc
    .tuple(scope, healer, fc.constantFrom<Mode>("off", "observe", "act"), fc.option(fc.integer({ min: -5, max: 5 })))
    .map(([s, h, mode, until]) => row(s, h, mode, until === null ? {} : { until: now + until }));
  const anyMalformed = fc.tuple(scope, healer).map(([s, h]) => malformed(s, h));
  const table = fc.uniqueArray(fc.oneof({ weight: 6, arbitrary: anyRow }, { weight: 1, arbitrary: anyMalformed }), {
    selector: keyOf,
    maxLength: 15,
  });

  function keyOf(each: StoredFlag): string {
    const { scope: s, healer: h } = each.kind === "row" ? each.row : each;
    return `${s} ${h}`;
  }

  const isLive = (each: StoredFlag) =>
    each.kind === "malformed" || each.row.until === undefined || each.row.until > now;

  it("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(table, fc.nat(), (rows, turn) => {
        const turned = rows.map((_, index) => rows[(index + turn) % rows.length]).filter((each) => each !== undefined);
        expect(resolveMode(turned, query, now)).toEqual(resolveMode(rows, query, now));
        expect(resolveMode(rows.toReversed(), query, now)).toEqual(resolveMode(rows, query, now));
      }),
    );
  });

  it("acts only if the most specific live row says act, no live one says off and none is malformed", () => {
    const order = applicableFlags(query).map((key) => `${key.scope} ${key.healer}`);
    fc.assert(
      fc.property(table, (rows) => {
        const live = rows
          .filter((each) => order.includes(keyOf(each)) && isLive(each))
          .toSorted((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
        const [first] = live;
        const sane = live.every((each) => each.kind === "row" && each.row.mode !== "off");
        const mayAct = sane && first?.kind === "row" && first.row.mode === "act";
        expect(modeOf(rows) === "act").toBe(mayAct);
      }),
    );
  });

  it("never acts after a live `off` for everything was added", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const others = rows.filter((each) => keyOf(each) !== "* *");
        expect(modeOf([...others, row("*", "*", "off")])).toBe("off");
      }),
    );
  });

  it("answers as if rows about others were not there", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const order = applicableFlags(query).map((key) => `${key.scope} ${key.healer}`);
        const own = rows.filter((each) => order.includes(keyOf(each)));
        expect(resolveMode(rows, query, now)).toEqual(resolveMode(own, query, now));
      }),
    );
  });
});
