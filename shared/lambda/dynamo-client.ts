import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { retryOnlyThrottled } from "./aws-retry.ts";

export interface AwsClientOptions {
  /** Only for tests and the embedded stack; else the SDK reads AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_DYNAMODB itself. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface DynamoClientOptions extends AwsClientOptions {
  /** Default 2 s. Longer for whoever has nobody to send the message again: a stack that starts, a person's command. */
  readonly requestTimeoutMs?: number;
}

/** A table that takes longer is as good as down: the message comes again. */
const connectionTimeoutMs = 1_000;
const defaultRequestTimeoutMs = 2_000;

export function dynamoClient(options: DynamoClientOptions = {}): DynamoDBDocumentClient {
  const { requestTimeoutMs = defaultRequestTimeoutMs, ...place } = options;
  const config: DynamoDBClientConfig = {
    ...place,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    retryStrategy: retryOnlyThrottled,
  };
  return DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
}
