import { describe, expect, it } from "vitest";
import { seconds } from "../../shared/time/duration.ts";
import { anOverduePod } from "../build/pod.ts";
import { type ScriptedFacts, scriptedHealer } from "../fakes/scripted-healer.ts";
import { aStage } from "./stage.ts";

const first = anOverduePod();
const other = anOverduePod({ name: "web-2", uid: "pod-2" });

/** Of the first one it knows that the other is to be looked at too. */
const caller = () =>
  scriptedHealer(({ subject }: ScriptedFacts) => ({
    kind: "leave",
    reason: "NotMine",
    message: "Left.",
    ...(subject.pod.ref.uid === first.ref.uid ? { alsoLookAt: [other.ref] } : {}),
  }));

describe("a verdict that calls for a look at another object", () => {
  it("puts it on the ordinary road, with a case of its own, though no delta spoke of it", async () => {
    const stage = await aStage({ ...caller(), concerns: ({ object }) => object.uid === first.ref.uid });
    stage.api.putPod(first);
    stage.api.putPod(other);
    await stage.sight(first);
    expect(await stage.caseOf(other.ref.uid)).toBeUndefined();
    await stage.pass(seconds(5));
    expect(await stage.caseOf(other.ref.uid)).toMatchObject({ object: other.ref, verdict: { reason: "NotMine" } });
  });

  it("comes again whole when the queue does not take it: nobody is forgotten", async () => {
    const stage = await aStage(caller());
    stage.api.putPod(first);
    stage.api.putPod(other);
    const { send } = stage.queue;
    stage.queue.send = async (messages) =>
      messages.map(() => ({ kind: "failed", code: "ServiceUnavailable" }) as never);
    await expect(stage.sight(first)).rejects.toThrow("sending to the healer's own queue: ServiceUnavailable");
    stage.queue.send = send;
    await stage.sight(first);
    await stage.pass(seconds(5));
    expect(await stage.caseOf(other.ref.uid)).toBeDefined();
  });

  it("finds a namespace in which its healer is off, and leaves it alone", async () => {
    const stage = await aStage(caller());
    const elsewhere = anOverduePod({ namespace: "quiet", uid: other.ref.uid });
    stage.api.putPod(first);
    stage.api.putPod(elsewhere);
    await stage.flagRows.set({
      scope: "eu-1/quiet",
      healer: "*",
      mode: "off",
      reason: "maintenance",
      by: "ann",
      updatedAt: stage.clock.now(),
    });
    await stage.sight(first);
    await stage.pass(seconds(5));
    expect(await stage.caseOf(other.ref.uid)).toBeUndefined();
  });
});
