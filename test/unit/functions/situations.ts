import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Case } from "../../../shared/case/case.ts";
import type { Verdict } from "../../../shared/heal/heal.ts";
import type { ParsePolicy } from "../../../shared/heal/policy.ts";
import type { Instant } from "../../../shared/time/clock.ts";
import { anOpenCase } from "../../build/case.ts";

/** What a healer decides with, as its folder exports it. */
interface Deciding<Facts, Policy> {
  /** Its folder: situations stand in `test/fixtures/<healer>`. */
  readonly healer: string;
  readonly parsePolicy: ParsePolicy<Policy>;
  decide(facts: Facts, openCase: Case, policy: Policy, now: Instant): Verdict<string>;
}

/** `<name>.facts.json`: `now` in RFC 3339, as the API server would say it; `case` where the case so far matters. */
interface Situation<Facts> {
  readonly now: string;
  readonly case?: Pick<Case, "verdict" | "clockOffsetMs" | "symptoms" | "handedOverAt" | "memory" | "attempts">;
  readonly facts: Facts;
}

const fewest = 5;

/** Whole situations, each a file of facts with the whole verdict beside it, under the defaults: what a reader can check without any code. */
export function situations<Facts, Policy>({ healer, parsePolicy, decide }: Deciding<Facts, Policy>): void {
  const folder = new URL(`../../fixtures/${healer}/`, import.meta.url);
  const files = readdirSync(folder);
  const names = files.filter((each) => each.endsWith(".facts.json")).map((each) => each.replace(".facts.json", ""));
  const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), "utf8"));

  const parsed = parsePolicy({}, 1);
  if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
  const { policy } = parsed;

  describe("situations as an API server tells them", () => {
    it("are there, each with its verdict", () => {
      expect(names.length).toBeGreaterThanOrEqual(fewest);
      expect(files.toSorted()).toEqual(
        names.flatMap((each) => [`${each}.facts.json`, `${each}.verdict.json`]).toSorted(),
      );
    });

    it.each(names)("%s", (name) => {
      const { now, case: soFar, facts } = read<Situation<Facts>>(`${name}.facts.json`);
      const verdict = decide(facts, anOpenCase({ healer, ...soFar }), policy, Date.parse(now));
      expect(verdict).toEqual(read(`${name}.verdict.json`));
    });
  });
}
