import fc from "fast-check";
import { expect, it } from "vitest";
import { type Outbox, outbox } from "../../../../functions/forwarder/outbox.ts";
import type { Delta, DeltaKind } from "../../../../shared/delta/delta.ts";
import { noon } from "./raw-objects.ts";

const deltaOf = (kind: DeltaKind, name: string, resourceVersion: string): Delta => ({
  kind,
  object: { kind: "Pod", namespace: "shop", name, uid: `uid-${name}` },
  resourceVersion,
  signals: kind === "suspect" ? ["PodFailed"] : [],
  observedAt: noon,
  traceId: `${name}-${resourceVersion}`,
});

function everything(box: Outbox): readonly string[] {
  const taken: string[] = [];
  box.take(new Set(), ({ deltas }) => {
    taken.push(...deltas.map((each) => `${each.kind} ${each.object.name} ${each.resourceVersion}`));
    return true;
  });
  return taken;
}

function boxWith(...deltas: readonly Delta[]): Outbox {
  const box = outbox();
  for (const each of deltas) box.put(each, 0);
  return box;
}

it("keeps the newest state of an object, at the place of the first, and counts what it replaced", () => {
  const box = boxWith(
    deltaOf("suspect", "a", "1"),
    deltaOf("suspect", "b", "2"),
    deltaOf("suspect", "a", "3"),
    deltaOf("suspect", "a", "4"),
  );
  expect(box.coalesced()).toBe(2);
  expect(everything(box)).toEqual(["suspect a 4", "suspect b 2"]);
});

it.each(["gone", "recovered"] as const)("%s takes the place of every state before it", (kind) => {
  const box = boxWith(deltaOf("suspect", "a", "1"), deltaOf("suspect", "a", "2"), deltaOf(kind, "a", "3"));
  expect(everything(box)).toEqual([`${kind} a 3`]);
});

it("tells a recovery that was not sent yet before the relapse", () => {
  const box = boxWith(deltaOf("recovered", "a", "1"), deltaOf("suspect", "a", "2"), deltaOf("suspect", "a", "3"));
  expect(everything(box)).toEqual(["recovered a 1", "suspect a 3"]);
  expect(box.coalesced()).toBe(1);
});

it("lets nothing follow the end of a uid", () => {
  expect(everything(boxWith(deltaOf("gone", "a", "2"), deltaOf("suspect", "a", "1")))).toEqual(["gone a 2"]);
});

it("hands out milestones last, and beside what the healers hear of the same pod", () => {
  const box = boxWith(deltaOf("milestone", "a", "1"), deltaOf("suspect", "b", "2"), deltaOf("recovered", "a", "1"));
  expect(everything(box)).toEqual(["suspect b 2", "recovered a 1", "milestone a 1"]);
});

it("keeps back the objects that are named", () => {
  const box = boxWith(deltaOf("suspect", "a", "1"), deltaOf("suspect", "b", "2"));
  const taken: string[] = [];
  box.take(new Set(["uid-a"]), ({ key }) => taken.push(key) > 0);
  expect(taken).toEqual(["uid-b"]);
  expect(everything(box)).toEqual(["suspect a 1"]);
});

it("keeps what is declined and all behind it", () => {
  const box = boxWith(deltaOf("suspect", "a", "1"), deltaOf("suspect", "b", "2"));
  box.take(new Set(), () => false);
  expect(everything(box)).toEqual(["suspect a 1", "suspect b 2"]);
});

it("is never larger than twice the number of objects, and ends every object with its newest state", () => {
  const kinds = fc.constantFrom<DeltaKind>("suspect", "recovered", "gone");
  const changes = fc.array(fc.tuple(kinds, fc.constantFrom("a", "b", "c")), { maxLength: 60 });
  fc.assert(
    fc.property(changes, (given) => {
      const deltas = given.map(([kind, name], at) => deltaOf(kind, name, String(at)));
      const ends = new Map<string, string>();
      for (const each of deltas) {
        const { name } = each.object;
        if (ends.get(name)?.startsWith("gone")) continue;
        ends.set(name, `${each.kind} ${name} ${each.resourceVersion}`);
      }
      const taken = everything(boxWith(...deltas));
      expect(taken.length).toBeLessThanOrEqual(2 * ends.size);
      const last = new Map(taken.map((line) => [line.split(" ")[1], line]));
      expect(last).toEqual(ends);
    }),
  );
});
