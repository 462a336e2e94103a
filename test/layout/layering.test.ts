import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { importsIn, importsOf, reachedFrom, root, sourcesIn } from "./source-imports.ts";

const product = sourcesIn("functions", "shared", "infra");

/** "a → b" for every import that breaks a rule. */
function offences(files: readonly string[], breaks: (from: string, target: string) => boolean): readonly string[] {
  return files.flatMap((from) =>
    importsOf(from)
      .map(({ specifier, file }) => file ?? specifier)
      .filter((target) => breaks(from, target))
      .map((target) => `${from} → ${target}`),
  );
}

/** functions/<name>/… */
const functionOf = (path: string) => /^functions\/([^/]+)\//.exec(path)?.[1];

describe("which way imports go", () => {
  it("reads enough of the tree to judge it", () => {
    expect(product.length).toBeGreaterThan(100);
    expect(product.flatMap(importsOf).length).toBeGreaterThan(product.length);
  });

  it("functions never import each other", () => {
    const elsewhere = (from: string, target: string) =>
      functionOf(target) !== undefined && functionOf(target) !== functionOf(from);
    expect(offences(sourcesIn("functions"), elsewhere)).toEqual([]);
  });

  it("shared code knows no function and nothing of infra", () => {
    const upwards = (_from: string, target: string) => /^(functions|infra)\//.test(target);
    expect(offences(sourcesIn("shared"), upwards)).toEqual([]);
    expect(offences(sourcesIn("functions"), (_from, target) => target.startsWith("infra/"))).toEqual([]);
  });

  it("nothing of the product imports test/", () => {
    expect(offences(product, (_from, target) => target.startsWith("test/"))).toEqual([]);
  });

  it("relative imports name files that exist, by their whole name", () => {
    const known = new Set(product);
    const unknown = (_from: string, target: string) =>
      /^(functions|shared|infra)\//.test(target) && !known.has(target) && !/\.(yaml|yml|json)$/.test(target);
    expect(offences(product, unknown)).toEqual([]);
  });
});

describe("where the network is", () => {
  const sdk = /^(@aws-sdk|@smithy|@kubernetes)\/|^undici$/;
  const middleware = /^(@middy|@aws-lambda-powertools)\//;
  const adapter = /^(dynamo|sqs|client-node|aws)-[^/]*\.ts$/;
  const compositionRoot = /^(shared\/lambda\/|functions\/forwarder\/main\.ts$|infra\/local\/)/;

  it("SDKs are imported only by adapters and composition roots, so that a file's name shows the network", () => {
    const allowed = (from: string) => adapter.test(basename(from)) || compositionRoot.test(from);
    // A type of an SDK is gone when the code runs, but it would still tie a healer to it.
    expect(offences(product, (from, target) => sdk.test(target) && !allowed(from))).toEqual([]);
  });

  it("Lambda's middleware is known only to the Lambda rim", () => {
    expect(offences(product, (from, target) => middleware.test(target) && !from.startsWith("shared/lambda/"))).toEqual(
      [],
    );
  });

  it("adapters are imported only by other adapters and by composition roots", () => {
    const mayWire = (from: string) =>
      adapter.test(basename(from)) || compositionRoot.test(from) || /^infra\/cli\/aws-/.test(from);
    const wires = (from: string, target: string) =>
      target.startsWith("shared/") && adapter.test(basename(target)) && !mayWire(from);
    expect(offences(sourcesIn("functions", "shared"), wires)).toEqual([]);
    expect(offences(sourcesIn("infra"), wires)).toEqual([]);
  });
});

describe("what goes into a bundle", () => {
  it("schemas come from zod/mini: zod itself weighs 443 kB in every function", () => {
    expect(offences(sourcesIn("functions", "shared"), (_from, target) => target === "zod")).toEqual([]);
  });
});

describe("purity", () => {
  const impure = /^(dynamo|sqs|client-node|aws|system)-[^/]*\.ts$/;

  it.each([
    ...sourcesIn("functions").filter((path) =>
      /^functions\/[^/]+\/(decide|policy|route|collapse|classify|settings|encode)\.ts$/.test(path),
    ),
    ...sourcesIn("shared").filter((path) =>
      /^shared\/(catalogue\/(?!dynamo-)|delta|kubernetes|flag\/(flag|resolve-mode)|case\/case|rail\/next-brake|time\/duration)/.test(
        path,
      ),
    ),
  ])("%s loads nothing but pure code and the schema library", (path) => {
    const reached = [...reachedFrom(path)];
    const unclean = reached.filter(
      ([target]) =>
        (!target.startsWith("shared/") && !target.startsWith("functions/") && target !== "zod/mini") ||
        impure.test(basename(target)) ||
        target.startsWith("shared/lambda/"),
    );
    expect(unclean.map(([, way]) => way.join(" → "))).toEqual([]);
  });

  it("what healers and rails are made of touches no file, socket, process or timer", () => {
    const files = sourcesIn("functions", "shared").filter(
      (path) =>
        !impure.test(basename(path)) &&
        !path.startsWith("shared/lambda/") &&
        // Judges addresses; node:net only takes them apart.
        path !== "shared/cluster/endpoint-rules.ts" &&
        // The forwarder is a process of its own: main.ts starts it, http-server.ts answers probes.
        !/^functions\/(forwarder\/(main|http-server|metrics)|[^/]+\/handler)\.ts$/.test(path),
    );
    const outside = /^node:(?!crypto$|zlib$|util$|buffer$)/;
    expect(offences(files, (_from, target) => outside.test(target))).toEqual([]);
  });
});

describe("the map", () => {
  it("README names every top-level folder", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    const folders = new Set(
      listed
        .split("\n")
        .filter((path) => path.includes("/"))
        .map((path) => path.slice(0, path.indexOf("/")))
        .filter((folder) => !folder.startsWith(".")),
    );
    expect(folders.size).toBeGreaterThan(3);
    expect([...folders].filter((folder) => !readme.includes(`${folder}/`))).toEqual([]);
  });
});

it("the reader of imports sees every way to import", () => {
  const source = `
import "./a.ts";
import type { B } from "./b.ts";
import { c, type C } from "../c.ts";
import {
  d,
} from "node:fs";
export { e } from "./e.ts";
// import "./comment.ts";
 * import "./doc.ts";
const f = await import("@aws-sdk/client-sts");
import * as g from 'zod/mini';
`;
  expect(importsIn(source, "shared/x/y.ts")).toEqual([
    { specifier: "./a.ts", typeOnly: false, file: "shared/x/a.ts" },
    { specifier: "./b.ts", typeOnly: true, file: "shared/x/b.ts" },
    { specifier: "../c.ts", typeOnly: false, file: "shared/c.ts" },
    { specifier: "node:fs", typeOnly: false },
    { specifier: "./e.ts", typeOnly: false, file: "shared/x/e.ts" },
    { specifier: "zod/mini", typeOnly: false },
    { specifier: "@aws-sdk/client-sts", typeOnly: false },
  ]);
});
