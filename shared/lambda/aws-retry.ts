import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

type RetryStrategy = Exclude<NonNullable<DynamoDBClientConfig["retryStrategy"]>, { retry: unknown }>;
type RetryToken = Awaited<ReturnType<RetryStrategy["acquireInitialRetryToken"]>>;

const maxRetries = 2;
const firstDelayMs = 50;

/**
 * Repeats only what the service refused unseen (throttling). Not time-outs and broken connections: the request may have been carried out, and a
 * conditional write that is repeated after it succeeded would be refused by itself. Reads are repeated by `dynamo-table.ts`.
 */
export const retryOnlyThrottled: RetryStrategy = {
  acquireInitialRetryToken: async () => token(0),
  refreshRetryTokenForRetry: async (last, failure) => {
    if (failure.errorType === "THROTTLING" && last.getRetryCount() < maxRetries) return token(last.getRetryCount() + 1);
    throw failure.error ?? new Error(`not repeated after ${failure.errorType}`);
  },
  recordSuccess: () => {},
};

function token(retries: number): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => (retries === 0 ? 0 : firstDelayMs * 2 ** (retries - 1)) };
}
