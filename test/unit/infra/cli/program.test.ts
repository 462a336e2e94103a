import { expect, it } from "vitest";
import { testDesk } from "./test-desk.ts";

it("takes --state and --prefix before and after the command", async () => {
  const { run, places } = testDesk();
  await run("--state", "a", "case", "list");
  await run("case", "list", "--prefix", "b");
  await run("flag", "set", "--state", "c", "*", "*", "observe");
  expect(places).toEqual([{ state: "a" }, { prefix: "b" }, { state: "c" }]);
});

it.each([
  [["flag", "sett"], "knitbone: unknown command 'sett' (Did you mean set?)"],
  [["case", "list", "--colour"], "knitbone: unknown option '--colour'"],
  [["flag", "set", "*"], "knitbone: missing required argument 'healer'"],
  [
    ["flag", "set", "README.md", "infra", "shared", "test", "act"],
    "knitbone: too many arguments for 'set'. Expected 3 arguments but got 5: README.md, infra, shared, test, act. In a shell, '*' needs its quotes.",
  ],
])("refuses %j in one line", async (args, words) => {
  expect(await testDesk().run(...args)).toEqual({ code: 2, out: "", err: words });
});

it("explains itself, and ends well, when asked to", async () => {
  const { code, out, err } = await testDesk().run("flag", "set", "--help");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Usage: knitbone flag set [options] <scope> <healer> <mode>");
  expect(out).toContain("healer  '*', or orphan-sweeper, terminating-reaper");
});

it("says its version", async () => {
  expect(await testDesk().run("--version")).toEqual({ code: 0, out: "0.1.0", err: "" });
});
