import fc from "fast-check";
import { expect } from "vitest";
import type { Claim, ClaimStore } from "../../shared/case/claim.ts";
import { contract, type Deviations, racing } from "./promises.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const leaseMs = 60_000;

function aClaim(holder: string, overrides: Partial<Claim> = {}): Claim {
  return {
    cluster: "eu-1",
    uid: "uid-1",
    holder,
    healer: "terminating-reaper",
    actionId: `action-of-${holder}`,
    attempt: 1,
    expiresAt: now + leaseMs,
    ...overrides,
  };
}

export function claimStoreContract(create: () => Promise<ClaimStore>, deviations: Deviations = {}): void {
  contract("ClaimStore", deviations, (keeps) => {
    keeps("takes what nobody holds, and reads it back whole", async () => {
      const claims = await create();
      expect(await claims.read("eu-1", "uid-1")).toBeUndefined();
      const claim = aClaim("a", { attempt: 3 });
      expect(await claims.take(claim, now)).toEqual({ kind: "taken" });
      expect(await claims.read("eu-1", "uid-1")).toEqual(claim);
    });

    keeps("says who holds it and until when, whichever healer asks", async () => {
      const claims = await create();
      const held = aClaim("a");
      await claims.take(held, now);
      const answer = await claims.take(aClaim("b", { healer: "orphan-sweeper" }), now + 1);
      expect(answer).toEqual({ kind: "held", until: now + leaseMs, healer: "terminating-reaper" });
      expect(await claims.read("eu-1", "uid-1")).toEqual(held);
    });

    keeps("holds up to one millisecond before the lease ends (S0-64, X-06)", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      const late = aClaim("b", { expiresAt: now + 2 * leaseMs });
      expect((await claims.take(late, now + leaseMs - 1)).kind).toBe("held");
      expect(await claims.take(late, now + leaseMs)).toEqual({ kind: "taken", unfinished: "action-of-a" });
      expect(await claims.read("eu-1", "uid-1")).toEqual(late);
    });

    keeps("still shows an expired row to a reader", async () => {
      const claims = await create();
      await claims.take(aClaim("a", { expiresAt: now - 1 }), now);
      expect(await claims.read("eu-1", "uid-1")).toEqual(aClaim("a", { expiresAt: now - 1 }));
    });

    keeps("gives its own holder the claim again, longer", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      const longer = aClaim("a", { expiresAt: now + 2 * leaseMs });
      expect(await claims.take(longer, now + 1)).toEqual({ kind: "taken" });
      expect(await claims.read("eu-1", "uid-1")).toEqual(longer);
    });

    keeps("does not call a holder's own expired action unfinished", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      const again = aClaim("a", { expiresAt: now + 3 * leaseMs });
      expect(await claims.take(again, now + 2 * leaseMs)).toEqual({ kind: "taken" });
    });

    keeps("repeats what was unfinished to a holder whose first answer was lost", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      const next = aClaim("b", { expiresAt: now + 2 * leaseMs });
      const answer = { kind: "taken", unfinished: "action-of-a" };
      expect(await claims.take(next, now + leaseMs)).toEqual(answer);
      expect(await claims.take(next, now + leaseMs + 1)).toEqual(answer);
    });

    keeps("names only the last holder's action as unfinished", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      await claims.take(aClaim("b", { expiresAt: now + 2 * leaseMs }), now + leaseMs);
      const third = aClaim("c", { expiresAt: now + 3 * leaseMs });
      expect(await claims.take(third, now + 2 * leaseMs)).toEqual({ kind: "taken", unfinished: "action-of-b" });
    });

    keeps("is free after its holder released it, with nothing unfinished", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      await claims.release("eu-1", "uid-1", "a");
      expect(await claims.read("eu-1", "uid-1")).toBeUndefined();
      expect(await claims.take(aClaim("b"), now)).toEqual({ kind: "taken" });
    });

    keeps("leaves another's claim alone at a release, and an absent one (X-06)", async () => {
      const claims = await create();
      await claims.release("eu-1", "uid-1", "a");
      await claims.take(aClaim("a"), now);
      await claims.release("eu-1", "uid-1", "b");
      expect(await claims.read("eu-1", "uid-1")).toEqual(aClaim("a"));
    });

    keeps("lets one of twenty racers take what is free", async () => {
      const claims = await create();
      const answers = await racing(20, (index) => claims.take(aClaim(`holder-${index}`), now));
      const taken = answers.flatMap((each, index) => (each.kind === "taken" ? [index] : []));
      expect(taken).toHaveLength(1);
      expect((await claims.read("eu-1", "uid-1"))?.holder).toBe(`holder-${taken[0]}`);
    });

    keeps("lets one of twenty racers take what has expired, and tells it alone what is unfinished", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      const answers = await racing(20, (index) =>
        claims.take(aClaim(`holder-${index}`, { expiresAt: now + 2 * leaseMs }), now + leaseMs),
      );
      expect(answers.filter((each) => each.kind === "taken")).toEqual([{ kind: "taken", unfinished: "action-of-a" }]);
      expect(answers.filter((each) => each.kind === "held")).toHaveLength(19);
    });

    keeps("keeps clusters and uids apart", async () => {
      const claims = await create();
      await claims.take(aClaim("a"), now);
      expect(await claims.take(aClaim("b", { cluster: "eu-2" }), now)).toEqual({ kind: "taken" });
      expect(await claims.take(aClaim("c", { uid: "uid-2" }), now)).toEqual({ kind: "taken" });
    });

    keeps("never has two live holders, under any takes and releases", async () => {
      const claims = await create();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), (steps) => {
          run += 1;
          return followsOneHolder(claims, `uid-${run}`, steps);
        }),
        { numRuns: 25 },
      );
    });
  });
}

interface Step {
  readonly holder: string;
  readonly release: boolean;
  readonly pause: number;
  readonly lease: number;
}

const anyStep = fc.record({
  holder: fc.constantFrom("a", "b", "c"),
  release: fc.boolean(),
  pause: fc.nat(8),
  lease: fc.integer({ min: 1, max: 12 }),
});

/** Every step answers as one row with one holder would. */
async function followsOneHolder(claims: ClaimStore, uid: string, steps: readonly Step[]): Promise<void> {
  let time = now;
  let held = { holder: "nobody", until: 0 };
  for (const { holder, release, pause, lease } of steps) {
    time += pause;
    if (release) {
      await claims.release("eu-1", uid, holder);
      if (held.holder === holder) held = { holder: "nobody", until: 0 };
      continue;
    }
    const free = held.until <= time || held.holder === holder;
    const answer = await claims.take(aClaim(holder, { uid, expiresAt: time + lease }), time);
    expect(answer.kind).toBe(free ? "taken" : "held");
    if (free) held = { holder, until: time + lease };
  }
}
