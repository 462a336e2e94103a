import { describe, expect, it } from "vitest";
import { connectionFailure, isReset, withoutSecrets } from "../../../../shared/cluster/connection-failure.ts";
import { KnitboneError } from "../../../../shared/errors.ts";

const withCode = (code: string, more: object = {}) => Object.assign(new Error(`words of ${code}`), { code }, more);
const words = (thrown: unknown) => connectionFailure(thrown, 'context "a"', "https://x:6443").message;
const start = 'reaching context "a" at https://x:6443: ';

describe("a connection that failed is told in one line", () => {
  it.each([
    [
      "with the address that was tried",
      withCode("ECONNREFUSED", { address: "10.0.0.1", port: 6443 }),
      "connection refused (ECONNREFUSED 10.0.0.1:6443)",
    ],
    [
      "with the first of several addresses",
      Object.assign(new AggregateError([withCode("ECONNREFUSED", { address: "::1", port: 1 })]), {
        code: "ECONNREFUSED",
      }),
      "connection refused (ECONNREFUSED ::1:1)",
    ],
    ["with the cause's code", new Error("fetch failed", { cause: withCode("ENOTFOUND") }), "no such host (ENOTFOUND)"],
    ["with its own words where the code is not known", withCode("EODD"), "words of EODD"],
    ["without control characters", new Error("a\n\u001b[1mb"), "a [1mb"],
    ["when it is no error", "nothing", "nothing"],
  ])("%s", (_, thrown, expected) => {
    expect(words(thrown)).toBe(start + expected);
  });

  it("and an error of ours stays as it is", () => {
    const ours = new KnitboneError("ClusterUnauthorized", "no credentials");
    expect(connectionFailure(ours, "t", "e")).toBe(ours);
  });
});

it.each([
  ["ECONNRESET", true],
  ["EPIPE", true],
  ["UND_ERR_SOCKET", true],
  ["ECONNREFUSED", false],
  ["CERT_HAS_EXPIRED", false],
])("%s is a reset: %s", (code, expected) => {
  expect(isReset(withCode(code))).toBe(expected);
});

it.each([
  ["an EKS token", "Bearer k8s-aws-v1.aHR0cHM6Ly9zdHM", "Bearer <token>"],
  ["a bare EKS token", "token k8s-aws-v1.aHR0cHM6Ly9zdHM refused", "token <token> refused"],
  ["a JWT", "got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln here", "got <token> here"],
  ["a header", "Authorization: Basic dXNlcjpwdw==", "Authorization: Basic <token>"],
  ["an access key", "key ASIAABCDEFGHIJKLMNOP", "key <key>"],
  [
    "a presigned URL",
    "https://sts/?X-Amz-Signature=abc&X-Amz-Date=1",
    "https://sts/?X-Amz-Signature=<hidden>&X-Amz-Date=1",
  ],
])("takes %s out of a stranger's words", (_, text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});
