import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { findRunningStack } from "../../../../infra/cli/running-stack.ts";
import type { StackFile } from "../../../../infra/local/state-directory.ts";
import { noon } from "../../../build/instant.ts";
import { scratchDirectory } from "../../../fakes/scratch-directory.ts";

const stack: StackFile = {
  version: "0.1.0",
  pid: process.pid,
  kind: "demo",
  endpoints: { dynamodb: "http://127.0.0.1:8000", sqs: "http://localhost:9324" },
  prefix: "knitbone",
  region: "eu-west-1",
  startedAt: noon,
};

it("finds the stack whose process lives", () => {
  using scratch = scratchDirectory();
  scratch.write("stack.json", JSON.stringify(stack));
  expect(findRunningStack(scratch.path)).toEqual(stack);
});

it("finds none where nothing was started", () => {
  using scratch = scratchDirectory();
  expect(() => findRunningStack(scratch.path)).toThrow(
    `no stack runs on ${scratch.path}; start one with: npm start -- --state ${scratch.path}`,
  );
});

it("does not take the file of a killed stack for a running one", () => {
  using scratch = scratchDirectory();
  const { pid } = spawnSync(process.execPath, ["--version"]);
  scratch.write("stack.json", JSON.stringify({ ...stack, pid }));
  expect(() => findRunningStack(scratch.path)).toThrow(`no stack runs on ${scratch.path}`);
});

it.each(["", "{", "[]", JSON.stringify({ ...stack, endpoints: {} })])("refuses a file that says %j", (content) => {
  using scratch = scratchDirectory();
  const file = scratch.write("stack.json", content);
  expect(() => findRunningStack(scratch.path)).toThrow(`${file} cannot be understood`);
});
