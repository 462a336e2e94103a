import { expect, it } from "vitest";
import { saidByPod } from "../../../../shared/catalogue/said.ts";
import { aContainer, aPod } from "../../../build/pod.ts";

const backOff = "back-off 5m0s restarting failed container=main pod=web_shop(5d2f0b9e)";

it("says of a container that waits after it was killed for its memory why it ended, not only that it waits (S0-26, S0-56)", () => {
  const killed = { exitCode: 137, reason: "OOMKilled" };
  const waiting = aContainer({
    state: "waiting",
    reason: "CrashLoopBackOff",
    message: backOff,
    lastTerminated: killed,
  });
  expect(saidByPod(aPod({ containers: [waiting] }))).toEqual([
    { channel: "containerStatus", reason: "OOMKilled", text: backOff },
  ]);
});

it("keeps to the words of the wait where the last run ended in another way", () => {
  const ended = { exitCode: 1, reason: "Error" };
  const waiting = aContainer({
    state: "waiting",
    reason: "CrashLoopBackOff",
    message: backOff,
    lastTerminated: ended,
  });
  expect(saidByPod(aPod({ containers: [waiting] }))).toEqual([
    { channel: "containerStatus", reason: "CrashLoopBackOff", text: backOff },
  ]);
});

it("leaves the last run out where the container waits for something else by now", () => {
  const killed = { exitCode: 137, reason: "OOMKilled" };
  const waiting = aContainer({
    state: "waiting",
    reason: "ErrImagePull",
    message: "not found",
    lastTerminated: killed,
  });
  expect(saidByPod(aPod({ containers: [waiting] }))).toEqual([
    { channel: "containerStatus", reason: "ErrImagePull", text: "not found" },
  ]);
});
