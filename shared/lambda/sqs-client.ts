import { SQSClient } from "@aws-sdk/client-sqs";
import type { AwsClientOptions } from "./dynamo-client.ts";

const connectionTimeoutMs = 1_000;
/** For everything but long polls, which bring their own. */
const requestTimeoutMs = 5_000;

/** Retried as the SDK does: a message that arrives twice is one that every reader must expect. */
export function sqsClient(options: AwsClientOptions = {}): SQSClient {
  return new SQSClient({
    ...options,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  });
}
