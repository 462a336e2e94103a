import { describe, expect, it } from "vitest";
import { terminatingReaper } from "../../../../functions/terminating-reaper/healer.ts";
import { minutes, seconds } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { anOverduePod, aPod } from "../../../build/pod.ts";
import { aStage } from "../../../scenario/stage.ts";

const onStage = () => aStage(terminatingReaper({ overdueMarginMs: minutes(2) }));

describe("terminating-reaper on the pipeline", () => {
  it("force-deletes an overdue stateless pod and sees that it is gone (S0-04, 44)", async () => {
    const stage = await onStage();
    const pod = anOverduePod();
    stage.api.putPod(pod);
    await stage.sight(pod);
    expect(stage.api.writes).toMatchObject([
      { verb: "forceDelete", pod: pod.ref, resourceVersion: "1000", outcome: "Done" },
    ]);
    await stage.pass(minutes(1));
    expect(await stage.caseOf(pod.ref.uid)).toMatchObject({ state: "closed", attempts: 1 });
    expect(await stage.deps.leaks.openOn("eu-1", "uid-of-node-n1")).toMatchObject([
      { pod: pod.ref, bootId: "boot-of-n1" },
    ]);
  });

  it("comes by itself when grace and margin are over (S0-45, X-05)", async () => {
    const stage = await onStage();
    const pod = aPod({ deletionTimestamp: atNoon(seconds(30)), deletionGracePeriodSeconds: 30 });
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(minutes(2) + seconds(29));
    expect(stage.api.writes).toEqual([]);
    await stage.pass(seconds(10));
    expect(stage.api.writes).toMatchObject([{ verb: "forceDelete", outcome: "Done" }]);
  });

  it("gives PodGC five minutes after a node is gone, then tells of it once", async () => {
    const stage = await onStage();
    const pod = anOverduePod({ nodeName: "n9" });
    stage.api.putPod(pod);
    await stage.sight(pod);
    await stage.pass(minutes(5) - seconds(1));
    expect((await stage.caseOf(pod.ref.uid))?.escalated).toBeUndefined();
    await stage.pass(seconds(10));
    const told = await stage.caseOf(pod.ref.uid);
    expect(told?.escalated).toMatchObject({ reason: "PodGCStalled" });
    expect(told?.escalated?.at).toBeGreaterThanOrEqual(noon + minutes(5));
    for (let look = 0; look < 5; look++) {
      await stage.pass(minutes(2));
      await stage.sight(pod);
    }
    expect((await stage.deps.ledger.list()).map((each) => each.reason)).toEqual(["PodGCStalled"]);
    expect(stage.api.writes).toEqual([]);
  });
});
