import { describe, expect, it } from "vitest";
import { cannotEnd } from "../../../../functions/terminating-reaper/cannot-end.ts";
import type { EventFacts } from "../../../../shared/kubernetes/event.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { anEvent } from "../../../build/event.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aKnowledge } from "../../../build/knowledge.ts";

const busy =
  'error killing pod: failed to "KillPodSandbox" for "12e6" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to cleanup sandbox files: failed to unmount \\"/run/containerd/8a4f/shm\\": device or resource busy"';
const refused =
  'error killing pod: [failed to "KillContainer" for "main" with KillContainerError: "rpc error: code = Unknown desc = broken"]';
const unknown = "error killing pod: the dog ate it";

const killing = (message: string, members: Partial<EventFacts> = {}) =>
  anEvent({ reason: "FailedKillPod", message, ...members });
const found = (...events: readonly EventFacts[]) => cannotEnd(events, aKnowledge().catalogue, noon);

describe("why a kubelet cannot end a pod (S0-47, S0-84)", () => {
  it("is what the catalogue makes of its words", () => {
    expect(found(killing(busy))).toEqual({
      cause: "MountBusy",
      words: `A mount of the pod is in use on the node, so that it cannot be ended. FailedKillPod: ${busy}`,
    });
  });

  it("is what says most, in whichever order it was said", () => {
    for (const events of [
      [killing(unknown), killing(refused), killing(busy)],
      [killing(busy), killing(refused), killing(unknown)],
    ]) {
      expect(found(...events)).toMatchObject({ cause: "MountBusy" });
    }
    expect(found(killing(unknown), killing(refused))).toMatchObject({ cause: "StopFailed" });
  });

  it("has words and no cause, where no signature knows them", () => {
    expect(found(killing(unknown))).toEqual({ words: `FailedKillPod: ${unknown}` });
  });

  it.each([
    ["nothing", []],
    ["anybody else", [killing(busy, { source: "somebody" })]],
    ["another trouble", [killing(busy, { reason: "FailedMount" })]],
    ["ten minutes ago and more", [killing(busy, { lastSeenAt: atNoon(-minutes(10)) - 1 })]],
  ])("is not known by what was said by or of: %s", (_, events) => {
    expect(found(...events)).toBeUndefined();
  });

  it("is told by no more than 300 characters of what a runtime says", () => {
    expect(found(killing("x".repeat(100_000)))?.words).toBe(`FailedKillPod: ${"x".repeat(300)}`);
  });
});
