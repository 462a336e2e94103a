import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../fakes/scratch-directory.ts";
import { freePort } from "../free-port.ts";
import { startMoto } from "./moto.ts";
import { motoPackage } from "./moto-package.ts";

/** A machine whose `python3` is this shell script ($* is what it was asked), or that has none; its cache is empty. */
function machine(python?: string) {
  const scratch = scratchDirectory();
  const bin = join(scratch.path, "bin");
  const cache = join(scratch.path, "cache");
  mkdirSync(bin);
  if (python !== undefined) {
    writeFileSync(join(bin, "python3"), `#!/bin/sh\n${python}\n`);
    chmodSync(join(bin, "python3"), 0o755);
  }
  const said: string[] = [];
  return {
    env: { PATH: bin, KNITBONE_CACHE: cache },
    moto: join(cache, "moto"),
    said,
    say: (line: string) => said.push(line),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

const asked = (answers: string) => `case "$*" in\n${answers}\nesac`;
const python311 = '-c*) printf "cpython-311\\n3\\n11\\n$0\\n";;';
/** Puts one file where it is told to install, as pip's last but one option says. */
const puts =
  'for last; do [ "$before" = --target ] && target=$last; before=$last; done; /bin/mkdir "$target"; echo 1 > "$target/moto.py"';

test.each([
  [
    "no Python",
    undefined,
    /^test\/real needs Python .*, and there is no `python3` in the PATH: get Python 3\.11 to 3\.14/,
  ],
  ["one that is too old", 'printf "cpython-39\\n3\\n9\\n$0\\n"', /, and `python3` is 3\.9: get Python 3\.11 to 3\.14/],
  ["one that does not run", "echo broken >&2; exit 3", /, and `python3` does not run: .*broken: get Python/s],
  [
    "no pip",
    asked(`${python311}\n*) echo "No module named pip" >&2; exit 1;;`),
    /^test\/real needs pip to install moto, and `python3 -m pip` does not run: get it with/,
  ],
  [
    "a pip that fails half-way",
    asked(`${python311}\n*install*) ${puts}; echo "No matching distribution" >&2; exit 1;;`),
    /^installing moto: pip ended with exit 1: is a package index within reach .*\nNo matching distribution$/,
  ],
])("%s is one message, and nothing that looks installed", async (_what, python, words) => {
  using there = machine(python);
  await expect(motoPackage(there.env, there.say)).rejects.toThrow(words);
  expect(existsSync(there.moto) ? readdirSync(there.moto) : []).toEqual([]);
});

test("installs once, and says so", async () => {
  using there = machine(asked(`${python311}\n*install*) ${puts};;`));
  const { folder } = await motoPackage(there.env, there.say);
  expect(readFileSync(join(folder, "moto.py"), "utf8")).toBe("1\n");
  expect(there.said).toEqual([
    "installing moto, from test/real/deploy/requirements.txt",
    expect.stringMatching(/^installed moto in \d+ s$/),
  ]);
  expect((await motoPackage(there.env, there.say)).folder).toBe(folder);
  expect(there.said).toHaveLength(2);
  expect(readdirSync(there.moto)).toHaveLength(1);
});

test("a port in use is one message", async () => {
  const first = await startMoto(await freePort());
  try {
    await expect(startMoto(Number(new URL(first.server).port))).rejects.toThrow(
      /^starting moto on http:\/\/127\.0\.0\.1:\d+: the port is in use: run again/,
    );
  } finally {
    await first.stop();
  }
});
