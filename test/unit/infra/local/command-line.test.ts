import { expect, test } from "vitest";
import { parseCommandLine } from "../../../../infra/local/command-line.ts";

const parse = (line: string) => parseCommandLine(line.split(" ").filter(Boolean), "1.2.3");
const run = (line: string) => {
  const parsed = parse(line);
  if (parsed.kind !== "run") throw new Error(JSON.stringify(parsed));
  return parsed.run;
};

test("without options the demo runs", () => {
  expect(run("")).toEqual({ kind: "demo", once: false, json: false });
  expect(run("--once --json --state d")).toEqual({ kind: "demo", once: true, json: true, state: "d" });
});

test("with a kubeconfig real clusters are watched", () => {
  expect(run("--kubeconfig f")).toEqual({ kind: "real", kubeconfig: "f", contexts: [], lab: false, json: false });
  expect(run("--kubeconfig f --context a --context b --mode act --lab --state d --json")).toEqual({
    kind: "real",
    kubeconfig: "f",
    contexts: ["a", "b"],
    mode: "act",
    lab: true,
    json: true,
    state: "d",
  });
});

test.each([
  ["--context a", "--context needs --kubeconfig"],
  ["--mode act", "--mode needs --kubeconfig: the demo always acts, in lab mode, on its own clusters only"],
  ["--lab", "--lab needs --kubeconfig: the demo always acts, in lab mode, on its own clusters only"],
  ["--kubeconfig f --once", "--once is for the demo: real clusters are watched until you end it"],
  ["--kubeconfig f --context a --context a", "--context a is given twice"],
  ["--kubeconfig f --mode off", "option '--mode <mode>' argument 'off' is invalid. Allowed choices are observe, act."],
  ["--kubeconfig", "option '--kubeconfig <file>' argument missing"],
  ["--nonsense", "unknown option '--nonsense'"],
  ["extra", "too many arguments. Expected 0 arguments but got 1: extra."],
])("%s is refused in one line", (line, problem) => {
  expect(parse(line)).toEqual({ kind: "problem", line: problem });
});

test("an empty name is refused", () => {
  expect(parseCommandLine(["--kubeconfig", ""], "1")).toEqual({
    kind: "problem",
    line: "option '--kubeconfig <file>' argument '' is invalid. It is empty.",
  });
});

test("help and version are texts", () => {
  expect(parse("--version")).toEqual({ kind: "text", text: "1.2.3" });
  expect(parse("--help")).toMatchObject({
    kind: "text",
    text: expect.stringMatching(/^Usage: npm start -- \[options\]/),
  });
});
