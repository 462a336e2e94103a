import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { buildFunctions } from "../../infra/build.ts";
import { scratchDirectory } from "../fakes/scratch-directory.ts";

/** A small repository of its own, with two functions over one shared file. */
function scratchRepository() {
  const scratch = scratchDirectory();
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(scratch.path, path)), { recursive: true });
    writeFileSync(join(scratch.path, path), content);
  };
  write("shared/word.ts", `export const word: string = "one";`);
  for (const name of ["first", "second"]) {
    write(
      `functions/${name}/handler.ts`,
      `import { word } from "../../shared/word.ts"; export const handler = () => word;`,
    );
  }
  write("functions/second/handler.ts", `export const handler = () => "alone";`);
  write("functions/notes/README.md", "no function");
  const said: string[] = [];
  return {
    root: scratch.path,
    write,
    said,
    build: () => buildFunctions({ root: scratch.path, log: (line) => said.push(line) }),
    bundle: (name: string) => readFileSync(join(scratch.path, ".build", name, "index.mjs"), "utf8"),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

it("bundles every folder that has a handler, and says what each weighs", async () => {
  using repository = scratchRepository();
  const { bundles, built } = await repository.build();
  expect(built).toEqual(["first", "second"]);
  expect(repository.said).toEqual(["building first, second"]);
  expect(bundles.map(({ name, inputs }) => ({ name, inputs }))).toEqual([
    { name: "first", inputs: ["functions/first/handler.ts", "shared/word.ts"] },
    { name: "second", inputs: ["functions/second/handler.ts"] },
  ]);
  for (const { name, bytes, startBytes, gzBytes } of bundles) {
    expect(bytes).toBe(repository.bundle(name).length);
    expect(startBytes).toBe(bytes);
    expect(gzBytes).toBeGreaterThan(0);
  }
});

it("does nothing, and says nothing, when nothing has changed", async () => {
  using repository = scratchRepository();
  const before = await repository.build();
  const after = await repository.build();
  expect(after.built).toEqual([]);
  expect(after.bundles.map(({ name, bytes }) => [name, bytes])).toEqual(
    before.bundles.map(({ name, bytes }) => [name, bytes]),
  );
  expect(repository.said).toHaveLength(1);
});

it("builds again only what a changed file goes into", async () => {
  using repository = scratchRepository();
  await repository.build();
  repository.write("shared/word.ts", `export const word: string = "two";`);
  expect((await repository.build()).built).toEqual(["first"]);
  expect(repository.bundle("first")).toContain("two");
});

it("builds again when a bundle has been deleted", async () => {
  using repository = scratchRepository();
  await repository.build();
  rmSync(join(repository.root, ".build", "second"), { recursive: true });
  expect((await repository.build()).built).toEqual(["second"]);
});

it("builds everything again when dependencies have changed", async () => {
  using repository = scratchRepository();
  await repository.build();
  repository.write("package-lock.json", "{}");
  expect((await repository.build()).built).toEqual(["first", "second"]);
});

it("forgets the bundle of a function that is no more", async () => {
  using repository = scratchRepository();
  await repository.build();
  rmSync(join(repository.root, "functions", "second"), { recursive: true });
  await repository.build();
  expect(existsSync(join(repository.root, ".build", "second"))).toBe(false);
});

it("names the function that is too heavy, and the limit", async () => {
  using repository = scratchRepository();
  // Hexadecimal digits of a chaotic sequence: half of each byte cannot be packed away.
  let state = 1;
  const noise = Array.from({ length: 1_400_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 16).toString(16);
  }).join("");
  repository.write("functions/second/handler.ts", `export const handler = () => "${noise}";`);
  await expect(repository.build()).rejects.toThrow(/^bundling: second weighs \d+ bytes gzipped; the limit is 600000$/);
});

it("keeps the last whole bundle when a source does not compile, and says where", async () => {
  using repository = scratchRepository();
  await repository.build();
  repository.write("functions/second/handler.ts", "export const handler = (;");
  await expect(repository.build()).rejects.toThrow("functions/second/handler.ts:1:24");
  expect(repository.bundle("second")).toContain("alone");
});

it("two builds at the same time wait for each other", async () => {
  using repository = scratchRepository();
  const [one, other] = await Promise.all([repository.build(), repository.build()]);
  expect([one.built, other.built].sort()).toEqual([[], ["first", "second"]]);
});
