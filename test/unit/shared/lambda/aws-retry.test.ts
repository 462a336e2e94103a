import { expect, it } from "vitest";
import { retryOnlyThrottled } from "../../../../shared/lambda/aws-retry.ts";

const throttled = { errorType: "THROTTLING" } as const;

it("repeats a throttled request twice, a little later each time", async () => {
  const first = await retryOnlyThrottled.acquireInitialRetryToken("dynamodb");
  const second = await retryOnlyThrottled.refreshRetryTokenForRetry(first, throttled);
  const third = await retryOnlyThrottled.refreshRetryTokenForRetry(second, throttled);
  expect([first, second, third].map((each) => each.getRetryDelay())).toEqual([0, 50, 100]);
  await expect(retryOnlyThrottled.refreshRetryTokenForRetry(third, throttled)).rejects.toThrow("THROTTLING");
});

it.each(["TRANSIENT", "SERVER_ERROR", "CLIENT_ERROR"] as const)("does not repeat after %s", async (errorType) => {
  const error = new Error("no answer");
  const failure = { errorType, error } as Parameters<typeof retryOnlyThrottled.refreshRetryTokenForRetry>[1];
  const first = await retryOnlyThrottled.acquireInitialRetryToken("dynamodb");
  await expect(retryOnlyThrottled.refreshRetryTokenForRetry(first, failure)).rejects.toBe(error);
});
