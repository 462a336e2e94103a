import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { callersVariables, kubeconfigForFunctions } from "../../../../infra/local/function-kubeconfig.ts";

let directory: string;
const path = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "knitbone-kubeconfig-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function made(user: object, environment: Record<string, string> = {}, cluster: object = { server: "https://x" }) {
  writeFileSync(path("config"), stringify({ clusters: [{ name: "c", cluster }], users: [{ name: "u", user }] }));
  return kubeconfigForFunctions({ file: path("config"), copy: path("copy"), environment });
}
const copied = () => parse(readFileSync(path("copy"), "utf8"));

test("a file without credential plugins is used as it is", () => {
  expect(made({ token: "t" })).toBe(path("config"));
  expect(existsSync(path("copy"))).toBe(false);
});

test("a plugin runs with the caller's AWS settings instead of the stack's, below its own variables", () => {
  const print = 'echo "$AWS_ACCESS_KEY_ID|$AWS_REGION|$AWS_SECRET_ACCESS_KEY|$AWS_ENDPOINT_URL_SQS|$AWS_PROFILE|$0"';
  const env = [{ name: "AWS_PROFILE", value: "of the file" }];
  const caller = { AWS_PROFILE: "caller's", AWS_REGION: "eu-1", AWS_SECRET_ACCESS_KEY: "se$cret '\"", OTHER: "x" };
  expect(made({ exec: { apiVersion: "v1", command: "sh", args: ["-c", print, "a b"], env } }, caller)).toBe(
    path("copy"),
  );
  expect(readFileSync(path("copy"), "utf8")).not.toContain("cret");
  const { command, args, apiVersion } = copied().users[0].user.exec;
  expect(apiVersion).toBe("v1");
  const stack = { AWS_ACCESS_KEY_ID: "function-x", AWS_REGION: "local", AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1" };
  const inherited = { PATH: "/usr/bin:/bin", ...stack, ...callersVariables(caller), AWS_PROFILE: "of the file" };
  expect(execFileSync(command, args, { encoding: "utf8", env: inherited })).toBe(
    "|eu-1|se$cret '\"||of the file|a b\n",
  );
});

test("paths that were relative to the file still lead there", () => {
  made(
    { exec: { command: "./get-token" }, "client-certificate": "/abs/c.pem" },
    {},
    {
      server: "https://x",
      "certificate-authority": "ca.pem",
    },
  );
  const { clusters, users } = copied();
  expect(clusters[0].cluster["certificate-authority"]).toBe(path("ca.pem"));
  expect(users[0].user["client-certificate"]).toBe("/abs/c.pem");
  expect(users[0].user.exec.args.at(-1)).toBe(path("get-token"));
});

test("the copy is for its owner only", () => {
  made({ exec: { command: "x" } });
  expect(statSync(path("copy")).mode & 0o777).toBe(0o600);
});
