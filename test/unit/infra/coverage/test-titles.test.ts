import { describe, expect, it } from "vitest";
import { testTitles } from "../../../../infra/coverage/test-titles.ts";

describe("titles are", () => {
  it.each([
    [
      "of describe, it and test, and of a contract's promises",
      'describe("a", () => { it("b", f); test("c", g); keeps("d", h); })',
      ["a", "b", "c", "d"],
    ],
    ["behind their modifiers", 'describe.concurrent("a", f); test.skipIf(ci)("b", g);', ["a", "b"]],
    ["in templates and single quotes", "it(`a $1`, f); it('b', g)", ["a $1", "b"]],
    [
      "behind a table, which may say its types",
      'it.each<[string, Map<A, B>, (a: A) => B]>([["row", x], ["other", y]])("a %s", f)',
      ["row", "other", "a %s"],
    ],
    [
      "the names of a table that stands elsewhere",
      'const stories = [{ name: "a" }]; test.for(stories)("$name: b", f)',
      ["a", "$name: b"],
    ],
  ])("%s", (_, source, titles) => {
    expect(testTitles(source)).toEqual(titles);
  });
});

describe("no titles are", () => {
  it.each([
    ["what is said to others", 'expect(it).toBe("a"); log("b"); const c = "d"'],
    ["in comments", '// it("a", f)\n/* test("b", g) */'],
    ["in regular expressions and other texts", 'const a = /it("b"/; const c = \'it("d")\''],
    ["arguments behind the first", 'run(it, "a"); it(f, "b")'],
  ])("%s", (_, source) => {
    expect(testTitles(source)).toEqual([]);
  });
});
