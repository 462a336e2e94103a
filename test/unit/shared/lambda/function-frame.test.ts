import type { Context, SQSEvent } from "aws-lambda";
import { expect, it } from "vitest";
import { type Frame, functionFrame } from "../../../../shared/lambda/function-frame.ts";

const context = { awsRequestId: "r1", functionName: "f", getRemainingTimeInMillis: () => 29_400 } as Context;
const event: SQSEvent = { Records: [] };

it("starts once, at the first invocation, and knows its time limit", async () => {
  const frames: Frame[] = [];
  let calls = 0;
  const handler = functionFrame((frame) => {
    frames.push(frame);
    return async () => {
      calls++;
      return { batchItemFailures: [{ itemIdentifier: `m${calls}` }] };
    };
  });
  expect(frames).toEqual([]);
  expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: "m1" }] });
  expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: "m2" }] });
  expect(frames.map(({ timeLimitMs }) => timeLimitMs)).toEqual([30_000]);
});

it("fails loudly when it cannot start, and tries again", async () => {
  let configured = false;
  const handler = functionFrame(() => {
    if (!configured) throw new Error("TABLE_PREFIX is missing");
    return async () => ({ batchItemFailures: [] });
  });
  await expect(handler(event, context)).rejects.toThrow("TABLE_PREFIX is missing");
  configured = true;
  expect(await handler(event, context)).toEqual({ batchItemFailures: [] });
});
