import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { describeError, KnitboneError } from "../errors.ts";
import type { Clock, Instant } from "../time/clock.ts";
import type { CredentialSource } from "./client-node-transport.ts";
import { withoutSecrets } from "./connection-failure.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface EksAccess {
  readonly eksName: string;
  readonly region: string;
  /** Assumed for this cluster; the function's own role when absent. */
  readonly roleArn?: string;
}

/** An EKS authenticator accepts a token for 15 min from its signing. */
const tokenLifetimeMs = 10 * 60_000;
/** What the presigned URL itself says; the authenticator refuses more than 15 min and needs no more than the moment it is used in. */
const presignedSeconds = 60;

/**
 * The bearer token of an EKS cluster: a presigned STS GetCallerIdentity, bound to the cluster by the signed header `x-k8s-aws-id`. Whoever holds
 * it is that role until it expires, so it stays in memory and appears in no message.
 *
 * @internal Exported for its tests.
 */
export async function eksToken(access: EksAccess, credentials: AwsCredentials, now: Instant): Promise<string> {
  const host = `sts.${access.region}.amazonaws.com${access.region.startsWith("cn-") ? ".cn" : ""}`;
  const signer = new SignatureV4({ credentials, region: access.region, service: "sts", sha256: Sha256 });
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, "x-k8s-aws-id": access.eksName },
    },
    // Not moved into the query: the authenticator sends the header itself.
    { expiresIn: presignedSeconds, signingDate: new Date(now), unhoistableHeaders: new Set(["x-k8s-aws-id"]) },
  );
  const query = Object.entries(signed.query ?? {})
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
    .join("&");
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString("base64url")}`;
}

/** Signs a new token every ten minutes and after a 401. `load` gives the credentials to sign with. */
export function eksCredentials(
  access: EksAccess,
  options: {
    readonly title: string;
    readonly ca: string;
    readonly clock: Clock;
    readonly load: () => Promise<AwsCredentials>;
  },
): CredentialSource {
  const { clock, title, ca } = options;
  let kept: { readonly token: string; readonly until: number } | undefined;
  return {
    async credentials() {
      if (kept === undefined || clock.monotonic() >= kept.until) {
        // The signature holds wall time: AWS compares it with its own.
        const token = await eksToken(access, await loaded(options.load, title), clock.now());
        kept = { token, until: clock.monotonic() + tokenLifetimeMs };
      }
      return { headers: { authorization: `Bearer ${kept.token}` }, tls: { ca } };
    },
    renew() {
      kept = undefined;
      return true;
    },
  };
}

async function loaded(load: () => Promise<AwsCredentials>, title: string): Promise<AwsCredentials> {
  try {
    return await load();
  } catch (error) {
    const message = `getting AWS credentials for ${title}: ${withoutSecrets(describeError(error))}`;
    throw new KnitboneError("ClusterUnauthorized", message, { cause: error, retryable: true });
  }
}

/** node:crypto in the shape that the signer asks for; the AWS packages of that shape would be one more dependency. */
class Sha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytes(secret);
    this.#hash = this.#fresh();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === "string") return data;
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
