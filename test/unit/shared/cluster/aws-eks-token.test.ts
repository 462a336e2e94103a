import { describe, expect, it } from "vitest";
import { type AwsCredentials, eksCredentials, eksToken } from "../../../../shared/cluster/aws-eks-token.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

const access = { eksName: "prod-1", region: "eu-west-1" };
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const noon = Date.parse("2026-11-21T12:00:00Z");

function urlOf(token: string): URL {
  const [, prefix, payload = ""] = /^(k8s-aws-v1\.)([\w-]+)$/.exec(token) ?? [];
  expect(prefix).toBe("k8s-aws-v1.");
  return new URL(Buffer.from(payload, "base64url").toString("utf8"));
}

describe("the token of an EKS cluster", () => {
  // Recorded from botocore 1.43.11: SigV4QueryAuth(creds, "sts", "eu-west-1", expires=60) over the same URL with the header x-k8s-aws-id.
  it.each([
    ["long-lived keys", undefined, "0f000426c78d87b755c004fb44bc2d463bb8b7539de15442a92cde5ff9226846"],
    ["a session", "session/token+with=odd", "3cf65c28aacd5b70d073b159cf794fecc0a64e56ac8223a3859a30057b81e3bb"],
  ])("is signed as botocore signs it, with %s", async (_, sessionToken, signature) => {
    const signer = sessionToken === undefined ? credentials : { ...credentials, sessionToken };
    const url = urlOf(await eksToken(access, signer, noon));
    expect(url.origin + url.pathname).toBe("https://sts.eu-west-1.amazonaws.com/");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: "GetCallerIdentity",
      Version: "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIDEXAMPLE/20261121/eu-west-1/sts/aws4_request",
      "X-Amz-Date": "20261121T120000Z",
      "X-Amz-Expires": "60",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
      "X-Amz-Signature": signature,
      ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
    });
  });

  it("goes to the China partition's own host", async () => {
    const url = urlOf(await eksToken({ eksName: "a", region: "cn-north-1" }, credentials, noon));
    expect(url.hostname).toBe("sts.cn-north-1.amazonaws.com.cn");
  });
});

describe("credentials of an EKS cluster", () => {
  const source = (load: () => Promise<AwsCredentials>) => {
    const clock = manualClock();
    return { clock, source: eksCredentials(access, { title: 'cluster "a"', ca: "CA", clock, load }) };
  };

  it("keep a token for ten minutes, and sign anew after that or after a 401", async () => {
    let loads = 0;
    const { clock, source: made } = source(async () => {
      loads++;
      return credentials;
    });
    const first = await made.credentials();
    expect(first.tls).toEqual({ ca: "CA" });
    await clock.advance(599_999);
    expect(await made.credentials()).toEqual(first);
    expect(loads).toBe(1);
    await clock.advance(1);
    expect((await made.credentials()).headers).not.toEqual(first.headers);
    expect(loads).toBe(2);
    expect(made.renew()).toBe(true);
    await made.credentials();
    expect(loads).toBe(3);
  });

  it("that cannot be had are named without the words that hold keys", async () => {
    const { source: made } = source(() => Promise.reject(new Error("denied for ASIAABCDEFGHIJKLMNOP")));
    await expect(made.credentials()).rejects.toMatchObject({
      code: "ClusterUnauthorized",
      message: 'getting AWS credentials for cluster "a": denied for <key>',
    });
  });
});
