import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decide } from "../../../../functions/pending-rescheduler/decide.ts";
import type { Facts } from "../../../../functions/pending-rescheduler/facts.ts";
import { parsePolicy } from "../../../../functions/pending-rescheduler/policy.ts";
import { anOpenCase } from "../../../build/case.ts";

/** `now` in RFC 3339, as the API server would say it. */
interface Situation {
  readonly now: string;
  readonly facts: Facts;
}

const folder = new URL("../../../fixtures/pending-rescheduler/", import.meta.url);
const files = readdirSync(folder);
const names = files.filter((each) => each.endsWith(".facts.json")).map((each) => each.replace(".facts.json", ""));
const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), "utf8"));

const parsed = parsePolicy({}, 1);
if (parsed.kind !== "policy") throw new Error("the defaults are a policy");
const { policy } = parsed;

describe("situations as an API server tells them", () => {
  it("are there, each with its verdict", () => {
    expect(names.length).toBeGreaterThanOrEqual(6);
    expect(files.toSorted()).toEqual(
      names.flatMap((each) => [`${each}.facts.json`, `${each}.verdict.json`]).toSorted(),
    );
  });

  it.each(names)("%s", (name) => {
    const { facts, now } = read<Situation>(`${name}.facts.json`);
    const verdict = decide(facts, anOpenCase({ healer: "pending-rescheduler" }), policy, Date.parse(now));
    expect(verdict).toEqual(read(`${name}.verdict.json`));
  });
});
