import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { Clock } from "../time/clock.ts";
import type { AwsCredentials } from "./aws-eks-token.ts";

/** The shortest session that STS gives. */
const sessionSeconds = 900;
/** Not used in its last minutes: a token signed with it must outlive its own ten. */
const spareMs = 12 * 60_000;

/** The function's own credentials, or those of a role assumed with them. The SDK's default chain renews the first, this the second. */
export function roleCredentials(options: {
  readonly region: string;
  readonly roleArn?: string;
  /** Shown in CloudTrail. */
  readonly sessionName: string;
  readonly clock: Clock;
}): () => Promise<AwsCredentials> {
  const { roleArn, clock } = options;
  const client = new STSClient({ region: options.region, maxAttempts: 2 });
  if (roleArn === undefined) return () => client.config.credentials();
  let kept: { readonly credentials: AwsCredentials; readonly until: number } | undefined;
  return async () => {
    if (kept !== undefined && clock.monotonic() < kept.until) return kept.credentials;
    const askedAt = clock.monotonic();
    const answer = await client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: options.sessionName.replace(/[^\w+=,.@-]/g, "-").slice(0, 64),
        DurationSeconds: sessionSeconds,
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
      throw new Error(`assuming ${roleArn}: STS answered without credentials`);
    }
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    kept = { credentials, until: askedAt + sessionSeconds * 1_000 - spareMs };
    return credentials;
  };
}
