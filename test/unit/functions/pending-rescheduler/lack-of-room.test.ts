import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isForLackOfRoom } from "../../../../functions/pending-rescheduler/lack-of-room.ts";

const fixtures = join(import.meta.dirname, "../../../fixtures/kubernetes");
const recorded = globSync("**/podStatus/*Unschedulable*.json", { cwd: fixtures }).map((file) => {
  const text = readFileSync(join(fixtures, file), "utf8");
  return /"(0\/\d+ nodes are available[^"]*)"/.exec(text)?.[1] ?? "";
});

describe("what a real scheduler said", () => {
  it("is read: of what was recorded some is for lack of room, and some is not", () => {
    expect(recorded.length).toBeGreaterThan(5);
    expect(recorded.filter(isForLackOfRoom).length).toBeGreaterThan(2);
    expect(recorded.filter((each) => !isForLackOfRoom(each)).length).toBeGreaterThan(2);
  });

  it("is for lack of room exactly where it names a resource and no rule (S0-13)", () => {
    const rules =
      /affinity rules|PersistentVolume|persistent volumes|free ports|spread constraints|volume node affinity/;
    const named = recorded.filter((each) => /Insufficient|Too many pods/.test(each) && !rules.test(each));
    expect(recorded.filter(isForLackOfRoom)).toEqual(named);
  });
});

it.each([
  ["0/1 nodes are available: 1 Insufficient cpu.", true],
  ["0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient nvidia.com/gpu.", true],
  ["0/2 nodes are available: 1 node(s) had untolerated taint {a: b, c}, 1 Too many pods. preemption: 0/2 …", true],
  ["0/2 nodes are available: 1 Insufficient cpu, 1 something of a scheduler to come.", false],
  ["0/2 nodes are available: 2 node(s) were unschedulable.", false],
  ["no nodes available to schedule pods", false],
  ["", false],
])("%s: %s", (message, expected) => {
  expect(isForLackOfRoom(message)).toBe(expected);
});
