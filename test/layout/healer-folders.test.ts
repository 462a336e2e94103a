import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { signals } from "../../shared/delta/delta.ts";
import type { Healer } from "../../shared/heal/healer.ts";
import type { ParsePolicy } from "../../shared/heal/policy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const healers = readdirSync(join(root, "functions")).filter((name) => existsSync(pathOf(name, "healer.ts")));

function pathOf(healer: string, file: string): string {
  return join(root, "functions", healer, file);
}

function textOf(healer: string, file: string): string {
  return readFileSync(pathOf(healer, file), "utf8");
}

/** "terminating-reaper" → "terminatingReaper" */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The members of `interface Policy`, as an operator writes them: without the unit that the code adds. */
function knobsOf(healer: string): readonly string[] {
  const [, body = ""] = /^export interface Policy \{\n(.*?)^\}/ms.exec(textOf(healer, "policy.ts")) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name.replace(/Ms$/, ""));
}

const standing = ["README.md", "decide.ts", "function.yml", "handler.ts", "healer.ts", "policy.ts", "rbac.yaml"];

/** What a healer has beside the seven: parts of its `decide.ts`, named for what they judge. */
function partsOf(healer: string): readonly string[] {
  return readdirSync(join(root, "functions", healer)).filter((file) => !standing.includes(file));
}

function decidingCode(healer: string): string {
  return ["decide.ts", ...partsOf(healer)].map((file) => textOf(healer, file)).join("\n");
}

/** The members of `type Reason`, and of those of its parts ("SpillReason"). */
function reasonsOf(healer: string): readonly string[] {
  const unions = [...decidingCode(healer).matchAll(/^export type \w*Reason =\s(.*?);$/gms)];
  return unions.flatMap(([, union = ""]) => [...union.matchAll(/"(\w+)"/g)].map(([, reason = ""]) => reason));
}

it("there are healers", () => {
  expect(healers).toEqual(expect.arrayContaining(["orphan-sweeper", "terminating-reaper"]));
});

describe.each(healers)("functions/%s", (healer) => {
  it("has the seven files that every healer has, and beside them only parts of what it decides", () => {
    const files = readdirSync(join(root, "functions", healer));
    expect(files).toEqual(expect.arrayContaining(standing));
    expect(partsOf(healer).filter((file) => !/^[a-z]+(-[a-z]+)*\.ts$/.test(file))).toEqual([]);
  });

  it("has its tests and its fixtures beside those of the others", () => {
    const tests = readdirSync(join(root, "test/unit/functions", healer));
    expect(tests).toEqual(expect.arrayContaining(["decide.test.ts", "healer.test.ts", "policy.test.ts"]));
    expect(readdirSync(join(root, "test/fixtures", healer))).not.toEqual([]);
  });

  it("tells in its README of every knob and every reason", () => {
    const readme = textOf(healer, "README.md");
    const told = [...knobsOf(healer), ...reasonsOf(healer)];
    expect(knobsOf(healer)).not.toEqual([]);
    expect(reasonsOf(healer)).not.toEqual([]);
    expect(told.filter((each) => !readme.includes(`\`${each}\``))).toEqual([]);
  });

  it("tells in its README what it does, what it leaves alone, and how to switch it off", () => {
    const headings = [...textOf(healer, "README.md").matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(
      expect.arrayContaining([
        healer,
        "What sick means here",
        "What it does",
        "What it never touches",
        "Knobs",
        "Switching it off",
        "Requirements",
      ]),
    );
  });

  it("gives every reason of its union somewhere, in CamelCase", () => {
    const code = decidingCode(healer);
    const uses = (reason: string) => code.split(`"${reason}"`).length - 1;
    expect(reasonsOf(healer).filter((each) => uses(each) < 2)).toEqual([]);
    expect(reasonsOf(healer).filter((each) => !/^([A-Z]+[a-z]*)+$/.test(each))).toEqual([]);
  });

  it("is called by one name: folder, factory and healer (S0-01)", async () => {
    const { parsePolicy } = (await import(pathOf(healer, "policy.ts"))) as { parsePolicy: ParsePolicy<unknown> };
    const factories = (await import(pathOf(healer, "healer.ts"))) as Record<string, (policy: unknown) => Healer>;
    expect(Object.keys(factories)).toEqual([camelCase(healer)]);
    const parsed = parsePolicy({}, 1);
    expect(parsed.kind).toBe("policy");
    if (parsed.kind !== "policy") return;
    expect(factories[camelCase(healer)]?.(parsed.policy).name).toBe(healer);
    expect(textOf(healer, "handler.ts")).toContain(
      `export const handler = lambdaHandler(${camelCase(healer)}, parsePolicy);`,
    );
  });

  it("says what wakes it, in signals that there are", () => {
    const settings = parse(textOf(healer, "function.yml")) as { readonly signals: readonly string[] };
    expect(settings.signals).not.toEqual([]);
    expect(settings.signals.filter((each) => !signals.some((signal) => signal === each))).toEqual([]);
  });

  it.each(["decide.ts", "policy.ts", ...partsOf(healer)])(
    "keeps %s pure: no network, no SDK, no Node, whatever it imports",
    (file) => {
      expect(impurities(pathOf(healer, file))).toEqual([]);
    },
  );

  it("asks a cluster for no more than its own roles, by name", () => {
    const roles = rolesOf(healer);
    expect(roles).not.toEqual([]);
    expect(roles.map((each) => each.kind)).toEqual(roles.map(() => "ClusterRole"));
    expect(roles.map((each) => each.metadata.name).filter((each) => !each.startsWith(`knitbone-${healer}`))).toEqual(
      [],
    );
    expect(new Set(roles.map((each) => each.metadata.name)).size).toBe(roles.length);
    expect(roles.flatMap((each) => each.rules.flatMap(forbidden))).toEqual([]);
  });

  it("keeps every write but Events in a role of its own, so that it can be bound apart", () => {
    const mixed = rolesOf(healer).filter(({ rules }) => {
      const writes = rules.filter((rule) => isWrite(rule));
      return writes.length > 0 && writes.length < rules.length;
    });
    expect(mixed.map((each) => each.metadata.name)).toEqual([]);
  });
});

describe("what this test would find", () => {
  const rule = (apiGroup: string, resource: string, verb: string): Rule => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [verb],
  });

  it.each([
    rule("", "pods", "*"),
    rule("*", "pods", "get"),
    rule("", "*", "get"),
    rule("", "secrets", "get"),
    rule("", "pods/exec", "create"),
    rule("", "nodes/proxy", "get"),
    rule("", "pods", "create"),
    rule("", "pods", "deletecollection"),
    rule("", "nodes", "delete"),
    rule("", "serviceaccounts/token", "create"),
    rule("rbac.authorization.k8s.io", "clusterroles", "bind"),
    { ...rule("", "pods", "get"), nonResourceURLs: ["/metrics"] },
  ])("a forbidden rule: %j", (each) => {
    expect(forbidden(each)).not.toEqual([]);
  });

  it("an impure import, however far away", () => {
    expect(impurities(join(root, "infra/cli/known-healers.ts"))).toEqual(
      expect.arrayContaining(["infra/cli/known-healers.ts imports node:fs"]),
    );
  });
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly Rule[];
}

function rolesOf(healer: string): readonly Role[] {
  return parseAllDocuments(textOf(healer, "rbac.yaml")).map((each) => each.toJS() as Role);
}

function isWrite({ resources, verbs }: Rule): boolean {
  const writes = verbs.some((each) => !["get", "list", "watch"].includes(each));
  return writes && resources.some((each) => each !== "events");
}

const never = {
  verbs: new Set(["*", "deletecollection", "escalate", "bind", "impersonate"]),
  resources: new Set([
    "*",
    "secrets",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "pods/status",
    "nodes/proxy",
    "serviceaccounts/token",
  ]),
  pairs: new Set([
    "create pods",
    "delete nodes",
    "delete namespaces",
    "delete persistentvolumes",
    "delete persistentvolumeclaims",
  ]),
};

/** What no identity of ours may ever be given (`safety.md` §5.1). */
function forbidden({ apiGroups, resources, verbs, nonResourceURLs = [] }: Rule): readonly string[] {
  return [
    ...apiGroups.filter((each) => each === "*").map((each) => `apiGroup ${each}`),
    ...nonResourceURLs.map((each) => `nonResourceURL ${each}`),
    ...verbs.filter((each) => never.verbs.has(each)).map((each) => `verb ${each}`),
    ...resources.filter((each) => never.resources.has(each)).map((each) => `resource ${each}`),
    ...verbs.flatMap((verb) => resources.map((each) => `${verb} ${each}`)).filter((each) => never.pairs.has(each)),
  ];
}

/** Everything that a file reaches by imports and that does more than compute. Types are nothing at run time and are not followed. */
function impurities(entry: string): readonly string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const imported of importsOf(file)) {
      const target = resolve(dirname(file), imported);
      const isImpure = imported.startsWith(".") ? !isPureFile(target) : imported !== "zod/mini";
      if (isImpure) found.push(`${relative(root, file)} imports ${imported}`);
      else if (imported.startsWith(".")) visit(target);
    }
  };
  visit(entry);
  return found;
}

function importsOf(file: string): readonly string[] {
  const source = readFileSync(file, "utf8").replace(/^import type .*?;$/gms, "");
  return [...source.matchAll(/\bfrom "([^"]+)"|\bimport\(?\s*"([^"]+)"/g)].map(([, from, bare]) => from ?? bare ?? "");
}

function isPureFile(file: string): boolean {
  const path = relative(root, file);
  const hasNetwork = /(^|\/)(dynamo|sqs|client-node|aws|system)-[^/]*$/.test(path) || path.startsWith("shared/lambda/");
  return /^(functions|shared)\//.test(path) && !hasNetwork;
}
