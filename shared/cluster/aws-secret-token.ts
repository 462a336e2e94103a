import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** Reads a secret's text. The region is the one that the ARN names. */
export function secretReader(secretArn: string): () => Promise<string> {
  const region = secretArn.split(":")[3];
  const client = new SecretsManagerClient({ maxAttempts: 2, ...(region ? { region } : {}) });
  return async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    return SecretString ?? "";
  };
}
