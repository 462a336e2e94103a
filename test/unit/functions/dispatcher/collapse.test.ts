import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Arrival, collapse } from "../../../../functions/dispatcher/collapse.ts";
import { lifecycleFromDelta } from "../../../../functions/dispatcher/lifecycle-from-delta.ts";
import type { Delta, DeltaKind } from "../../../../shared/delta/delta.ts";
import { noon } from "../../../build/instant.ts";
import { aDelta } from "../../../build/message.ts";
import { aRef } from "../../../build/object-ref.ts";
import { anOverduePod, aPod } from "../../../build/pod.ts";

function arrival(sequence: number, delta: Partial<Delta> = {}, more: Partial<Arrival> = {}): Arrival {
  return {
    cluster: "eu-1",
    epoch: 1,
    sequence,
    sentAt: noon + sequence,
    messageId: `m${sequence}`,
    delta: { ...aDelta(), resourceVersion: String(sequence), ...delta },
    ...more,
  };
}
const kinds = (arrivals: readonly Arrival[]) =>
  collapse(arrivals).map(({ delta }) => [delta.kind, delta.resourceVersion]);

describe("repeats of one suspect", () => {
  it("are one: the newest, whatever the order, with the messages of all", () => {
    expect(collapse([arrival(3), arrival(1), arrival(2)])).toEqual([
      { cluster: "eu-1", sentAt: noon + 3, delta: arrival(3).delta, messageIds: ["m1", "m2", "m3"] },
    ]);
  });

  it("go by the epoch before the sequence", () => {
    expect(kinds([arrival(9), arrival(1, {}, { epoch: 2 })])).toEqual([["suspect", "1"]]);
  });

  it("keep the signals of all and the object's own state beside an Event's", () => {
    const pod = anOverduePod();
    const [only, ...others] = collapse([
      arrival(1, { signals: ["PodOverdue"], object: pod.ref, state: pod }),
      arrival(2, { signals: ["WarningEvent"], object: pod.ref }),
    ]);
    expect(others).toEqual([]);
    expect(only?.delta).toMatchObject({ signals: ["PodOverdue", "WarningEvent"], state: pod, resourceVersion: "2" });
  });
});

describe("different objects stay apart", () => {
  it.each([
    ["by uid", arrival(2, { object: aRef({ uid: "other" }) })],
    ["by cluster", arrival(2, {}, { cluster: "eu-2" })],
  ])("%s", (_, other) => {
    expect(collapse([arrival(1), other])).toHaveLength(2);
  });
});

describe("what ended", () => {
  it.each<[string, DeltaKind[], [string, string][]]>([
    ["gone is kept, the suspect before it is not", ["suspect", "gone"], [["gone", "2"]]],
    ["recovered is kept, the suspect before it is not", ["suspect", "recovered"], [["recovered", "2"]]],
    [
      "recovered is kept beside a suspect after it",
      ["recovered", "suspect"],
      [
        ["recovered", "1"],
        ["suspect", "2"],
      ],
    ],
    [
      "gone after recovered: both",
      ["recovered", "gone"],
      [
        ["recovered", "1"],
        ["gone", "2"],
      ],
    ],
    [
      "milestones swallow nothing and are not swallowed",
      ["milestone", "suspect", "milestone"],
      [
        ["milestone", "1"],
        ["suspect", "2"],
        ["milestone", "3"],
      ],
    ],
  ])("%s", (_, given, expected) => {
    expect(kinds(given.map((kind, index) => arrival(index + 1, { kind })))).toEqual(expected);
  });
});

it("a pod that became ready and was removed at once keeps both moments: the end has no state to lend it", () => {
  const ready = aPod();
  const became = arrival(1, { kind: "milestone", signals: [], state: ready });
  const removed = arrival(2, { kind: "milestone", signals: [] });
  const lives = collapse([became, removed]).map(({ delta }) => lifecycleFromDelta("eu-1", delta));
  expect(lives.map((life) => [life?.readyAt, life?.goneAt])).toEqual([
    [ready.conditions[0]?.lastTransitionTime, undefined],
    [undefined, noon],
  ]);
});

it("loses no end, no signal of a standing suspect and no message of what stands", () => {
  const one = fc.record({
    uid: fc.constantFrom("a", "b"),
    kind: fc.constantFrom<DeltaKind[]>("suspect", "recovered", "gone", "milestone"),
    sequence: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (given) => {
      const arrivals = given.map(({ uid, kind, sequence }) => arrival(sequence, { kind, object: aRef({ uid }) }));
      const result = collapse(arrivals);
      for (const uid of ["a", "b"]) {
        const of = <T extends { delta: Delta }>(list: readonly T[], kind: DeltaKind) =>
          list.filter(({ delta }) => delta.object.uid === uid && delta.kind === kind);
        expect(of(result, "milestone")).toHaveLength(of(arrivals, "milestone").length);
        for (const kind of ["recovered", "gone"] as const) {
          const had = of(arrivals, kind);
          const has = of(result, kind);
          expect(has).toHaveLength(had.length === 0 ? 0 : 1);
          expect(new Set(has[0]?.messageIds)).toEqual(new Set(had.map(({ messageId }) => messageId)));
        }
        const suspects = result.filter(({ delta }) => delta.object.uid === uid && delta.kind === "suspect");
        expect(suspects.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
