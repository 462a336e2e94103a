import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ZoneReport } from "../../../../shared/delta/cluster-report.ts";
import type { Brake, BrakeState } from "../../../../shared/rail/brake.ts";
import { nextBrake } from "../../../../shared/rail/next-brake.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { noon } from "../../../build/instant.ts";

/** Thousands of runs on a machine that does other things as well. */
const busyMs = 60_000;

const zone = (nodes: number, down: number, name = "a"): ZoneReport => ({
  zone: name,
  ready: nodes - down,
  notReady: down,
  unknown: 0,
});
const stateOf = (zones: readonly ZoneReport[]): BrakeState => nextBrake(undefined, zones, noon).state;

describe("the state by nodes and not-ready nodes", () => {
  // Rows: 1 to 10 nodes; the columns are 0, 1, 2 … not-ready nodes. r released, h halved, f frozen.
  it.each([
    [1, "rf"],
    [2, "rrf"],
    [3, "rrhf"],
    [4, "rrhff"],
    [5, "rrhfff"],
    [6, "rrhffff"],
    [7, "rrhfffff"],
    [8, "rrhffffff"],
    [9, "rrhfffffff"],
    [10, "rrhffffffff"],
  ])("%i nodes: %s", (nodes, states) => {
    const seen = Array.from({ length: nodes + 1 }, (_, down) => stateOf([zone(nodes, down)])[0]).join("");
    expect(seen).toBe(states);
  });

  it.each([
    [20, 1, "released"],
    [20, 2, "halved"],
    [20, 3, "halved"],
    [20, 4, "frozen"],
    [21, 2, "released"],
    [21, 3, "halved"],
    [100, 9, "released"],
    [100, 10, "halved"],
    [100, 19, "halved"],
    [100, 20, "frozen"],
  ])("%i nodes, %i not ready: %s", (nodes, down, state) => {
    expect(stateOf([zone(nodes, down)])).toBe(state);
  });

  it("counts silent nodes as not ready, over all zones together", () => {
    expect(stateOf([{ zone: "a", ready: 2, notReady: 1, unknown: 1 }, zone(3, 0, "b")])).toBe("halved");
    expect(stateOf([{ zone: "a", ready: 2, notReady: 0, unknown: 1 }, zone(2, 2, "b")])).toBe("frozen");
  });

  it("is frozen when every zone is down, however small, and a zone without nodes is none", () => {
    expect(stateOf([zone(1, 1, "a"), zone(1, 1, "b")])).toBe("frozen");
    expect(stateOf([zone(1, 1, "a"), zone(0, 0, "b")])).toBe("frozen");
    expect(stateOf([zone(1, 1, "a"), zone(1, 0, "b")])).toBe("released");
  });

  it("is frozen when there are no nodes at all: empty is not all", () => {
    expect(nextBrake(undefined, [], noon)).toEqual({
      state: "frozen",
      reason: "the report counts no nodes",
      nodes: 0,
      notReady: 0,
      zones: [],
      updatedAt: noon,
    });
    expect(stateOf([zone(0, 0)])).toBe("frozen");
  });
});

/** Feeds reports every 30 s: `downs` not-ready nodes of ten. */
function brakeAfter(downs: readonly number[], everyMs = seconds(30)): Brake {
  let brake: Brake | undefined;
  for (const [index, down] of downs.entries()) brake = nextBrake(brake, [zone(10, down)], noon + index * everyMs);
  if (brake === undefined) throw new Error("no reports");
  return brake;
}
/** Reports at 0 s, 30 s … `ms`. */
const good = (ms: number, down = 0): number[] => Array<number>(ms / seconds(30) + 1).fill(down);

describe("the brake over time", () => {
  it("is pulled at once, from any state (S2-02)", () => {
    expect(brakeAfter([0, 3]).state).toBe("frozen");
    expect(brakeAfter([0, 2]).state).toBe("halved");
    expect(brakeAfter([2, 3]).state).toBe("frozen");
  });

  it("gives way after ten minutes, one step at a time, and remembers when frozen ended (X-02)", () => {
    const start = noon + seconds(30);
    const before = brakeAfter([3, ...good(minutes(10) - seconds(30))]);
    expect(before).toMatchObject({
      state: "frozen",
      betterSince: start,
      reason: "held until it has been better for 10m",
    });
    expect(before.releasedAt).toBeUndefined();
    const step = brakeAfter([3, ...good(minutes(10))]);
    expect(step).toMatchObject({ state: "halved", betterSince: start + minutes(10), releasedAt: start + minutes(10) });
    expect(brakeAfter([3, ...good(minutes(20) - seconds(30))]).state).toBe("halved");
    const end = brakeAfter([3, ...good(minutes(20))]);
    expect(end).toMatchObject({ state: "released", releasedAt: start + minutes(10) });
    expect(end.betterSince).toBeUndefined();
  });

  it("gives way to halved where the numbers allow no more", () => {
    const brake = brakeAfter([3, ...good(minutes(30), 2)]);
    expect(brake).toMatchObject({ state: "halved", releasedAt: noon + seconds(30) + minutes(10) });
    expect(brake.betterSince).toBeUndefined();
  });

  it("starts its ten minutes again after a relapse", () => {
    const relapsed = [3, ...good(minutes(9)), 3, ...good(minutes(10) - seconds(30))];
    expect(brakeAfter(relapsed).state).toBe("frozen");
    expect(brakeAfter([...relapsed, 0]).state).toBe("halved");
  });

  it("starts its ten minutes again after a gap in the reports: blind time is not good time", () => {
    const frozen = brakeAfter([3]);
    const first = nextBrake(frozen, [zone(10, 0)], noon + minutes(1));
    const justInTime = nextBrake(first, [zone(10, 0)], noon + minutes(3));
    expect(justInTime.betterSince).toBe(noon + minutes(1));
    const afterGap = nextBrake(justInTime, [zone(10, 0)], noon + minutes(5) + 1);
    expect(afterGap).toMatchObject({ state: "frozen", betterSince: noon + minutes(5) + 1 });
  });

  it("is the same when the same report comes again", () => {
    for (const downs of [
      [0],
      [3],
      [3, 0, 0],
      [3, ...good(minutes(10))],
      [3, ...good(minutes(20))],
      [2, ...good(minutes(10))],
    ]) {
      const once = brakeAfter(downs);
      expect(nextBrake(once, once.zones, once.updatedAt)).toMatchObject({
        state: once.state,
        nodes: once.nodes,
        notReady: once.notReady,
      });
      expect(nextBrake(once, once.zones, once.updatedAt).betterSince).toBe(once.betterSince);
      expect(nextBrake(once, once.zones, once.updatedAt).releasedAt).toBe(once.releasedAt);
    }
  });
});

describe("whatever the reports", () => {
  const rank = { released: 0, halved: 1, frozen: 2 };
  const zones = fc.array(
    fc.record({ zone: fc.constantFrom("a", "b", "c"), ready: fc.nat(12), notReady: fc.nat(4), unknown: fc.nat(4) }),
    { maxLength: 4 },
  );
  const history = fc.array(fc.tuple(zones, fc.integer({ min: 1, max: 400 })), { maxLength: 30 });
  const replay = (reports: readonly (readonly [readonly ZoneReport[], number])[]) => {
    let brake: Brake | undefined;
    let now = noon;
    for (const [each, pauseSeconds] of reports) {
      now += seconds(pauseSeconds);
      brake = nextBrake(brake, each, now);
    }
    return { brake, now };
  };

  it(
    "more failures never lower the brake",
    () => {
      fc.assert(
        fc.property(history, zones, fc.nat(3), fc.boolean(), (reports, last, which, silent) => {
          const { brake, now } = replay(reports);
          const worse = last.map((each, index) =>
            index !== which || each.ready === 0
              ? each
              : {
                  ...each,
                  ready: each.ready - 1,
                  ...(silent ? { unknown: each.unknown + 1 } : { notReady: each.notReady + 1 }),
                },
          );
          const at = now + seconds(30);
          expect(rank[nextBrake(brake, worse, at).state]).toBeGreaterThanOrEqual(
            rank[nextBrake(brake, last, at).state],
          );
        }),
        { numRuns: 2_000 },
      );
    },
    busyMs,
  );

  it(
    "it is never below what the last report asks for, and goes down at most one step, never within ten minutes of a worse report",
    () => {
      fc.assert(
        fc.property(history, (reports) => {
          let brake: Brake | undefined;
          let now = noon;
          let asked: { at: number; rank: number }[] = [];
          for (const [each, pauseSeconds] of reports) {
            now += seconds(pauseSeconds);
            const next = nextBrake(brake, each, now);
            const own = rank[stateOf(each)];
            asked = [...asked, { at: now, rank: own }];
            expect(rank[next.state]).toBeGreaterThanOrEqual(own);
            if (brake !== undefined && rank[next.state] < rank[brake.state]) {
              expect(rank[brake.state] - rank[next.state]).toBe(1);
              const window = asked.filter(({ at }) => at > now - minutes(10));
              expect(Math.max(...window.map((one) => one.rank))).toBeLessThan(rank[brake.state]);
            }
            brake = next;
          }
        }),
        { numRuns: 1_000 },
      );
    },
    busyMs,
  );
});
