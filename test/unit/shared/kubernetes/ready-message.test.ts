import { expect, it } from "vitest";
import { readyMessageParts } from "../../../../shared/kubernetes/ready-message.ts";

const causes = (message: string) => readyMessageParts(message).map(({ cause }) => cause);

it("splits what a kubelet joined, and no comma within a part (S3-08)", () => {
  const message =
    "[container runtime is down, PLEG is not healthy: pleg was last seen active 3m0.048s ago; threshold is 3m0s, missing node capacity for resources: cpu, memory, CSINode is not yet initialized]";
  expect(readyMessageParts(message)).toEqual([
    { cause: "Runtime", text: "container runtime is down" },
    {
      cause: "Pleg",
      text: "PLEG is not healthy: pleg was last seen active 3m0.048s ago; threshold is 3m0s",
      silentForMs: 180_048,
    },
    { cause: "Capacity", text: "missing node capacity for resources: cpu, memory" },
    { cause: "Csi", text: "CSINode is not yet initialized" },
  ]);
});

it.each([
  ["container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:a, b", ["Network"]],
  ["container runtime not ready: RuntimeReady=false reason:x message:y", ["Runtime"]],
  ["node is shutting down", ["Shutdown"]],
  ["a word nobody has seen, and another", ["Other"]],
  ["a word nobody has seen, container runtime is down", ["Other", "Runtime"]],
  ["the container runtime is down", ["Other"]],
  ["", []],
  ["[]", []],
])("reads %j", (message, expected) => {
  expect(causes(message)).toEqual(expected);
});

it.each([
  ["58h29m0s", 210_540_000],
  ["3m0.048s", 180_048],
  ["999ms", 999],
  ["1m2", undefined],
  ["never", undefined],
])("reads Go's %s of a relist", (text, ms) => {
  const [part] = readyMessageParts(`PLEG is not healthy: pleg was last seen active ${text} ago; threshold is 3m0s`);
  expect(part?.silentForMs).toBe(ms);
});

it("gives a relist that never was no age", () => {
  expect(readyMessageParts("PLEG is not healthy: pleg has yet to be successful")[0]).not.toHaveProperty("silentForMs");
});
