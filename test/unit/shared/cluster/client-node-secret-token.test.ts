import { describe, expect, it } from "vitest";
import { secretToken } from "../../../../shared/cluster/client-node-secret-token.ts";

const source = (read: () => Promise<string>) =>
  secretToken({ title: 'cluster "a"', endpoint: "https://api.a:6443", ca: "CA", read });

describe("a token kept as a secret", () => {
  it("is read once, and again after a 401", async () => {
    const secrets = ["one\n", "two"];
    const made = source(async () => secrets.shift() ?? "");
    expect(await made.credentials()).toEqual({ headers: { authorization: "Bearer one" }, tls: { ca: "CA" } });
    expect(await made.credentials()).toEqual({ headers: { authorization: "Bearer one" }, tls: { ca: "CA" } });
    expect(made.renew()).toBe(true);
    expect((await made.credentials()).headers).toEqual({ authorization: "Bearer two" });
  });

  it("that names its endpoint goes there", async () => {
    const made = source(async () => JSON.stringify({ token: "t", endpoint: "https://api.a:6443/" }));
    expect((await made.credentials()).headers).toEqual({ authorization: "Bearer t" });
  });

  it.each([
    [
      "is for another endpoint",
      '{"token":"t","endpoint":"https://evil"}',
      "the secret is for https://evil, not for https://api.a:6443",
    ],
    ["is empty", "", "the secret holds no token"],
    ["holds what no header can", "a b\r\nx: y", "the secret holds no token"],
    ["is broken JSON", '{"token":', "the secret holds no token"],
    ["has no token", '{"password":"x"}', "the secret holds no token"],
  ])("is not sent when it %s", async (_, text, words) => {
    await expect(source(async () => text).credentials()).rejects.toMatchObject({
      code: "ClusterUnauthorized",
      message: `reading the token of cluster "a": ${words}`,
    });
  });

  it("that cannot be read is asked for again the next time", async () => {
    let fails = true;
    const made = source(async () => {
      if (fails) throw new Error("AccessDeniedException: no");
      return "t";
    });
    await expect(made.credentials()).rejects.toMatchObject({
      message: 'reading the token of cluster "a": AccessDeniedException: no',
      retryable: true,
    });
    fails = false;
    expect((await made.credentials()).headers).toEqual({ authorization: "Bearer t" });
  });
});
