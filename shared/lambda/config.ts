import { type Signal, signals } from "../delta/delta.ts";
import { KnitboneError } from "../errors.ts";
import type { ParsePolicy } from "../heal/policy.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every function is told by its environment. */
interface FunctionConfig {
  readonly tablePrefix: string;
  readonly quarantineQueueUrl: string;
  /** 1 outside the lab (`design.md` §10). */
  readonly lab: number;
  readonly version: string;
}

export interface HealerConfig<Policy> extends FunctionConfig {
  /** The healer's own queue: where its wake-ups go. */
  readonly queueUrl: string;
  /** The queue of the nodes' healer: where this one hands nodes over. */
  readonly nodeQueueUrl: string;
  readonly policy: Policy;
}

export interface DispatcherConfig extends FunctionConfig {
  readonly routes: Readonly<Partial<Record<Signal, readonly string[]>>>;
  readonly healerQueueUrls: Readonly<Record<string, string>>;
}

/** The process's own environment: the only place of the functions that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Throws one ConfigInvalid that names every problem there is. */
export function healerConfig<Policy>(environment: Environment, parsePolicy: ParsePolicy<Policy>): HealerConfig<Policy> {
  return collecting((read) => {
    const base = functionConfig(environment, read);
    const policy = parsePolicy(read.json(environment, "KNITBONE_POLICY", {}), base.lab);
    if (policy.kind === "problems") for (const each of policy.problems) read.problem(`KNITBONE_POLICY: ${each}`);
    return {
      ...base,
      queueUrl: read.url(environment, "QUEUE_URL"),
      nodeQueueUrl: read.url(environment, "NODE_QUEUE_URL"),
      // Only used when there are no problems at all.
      policy: policy.kind === "policy" ? policy.policy : (undefined as Policy),
    };
  });
}

export function dispatcherConfig(environment: Environment): DispatcherConfig {
  return collecting((read) => ({
    ...functionConfig(environment, read),
    routes: routesOf(read, environment),
    healerQueueUrls: queuesOf(read, environment),
  }));
}

interface Reader {
  problem(words: string): void;
  text(environment: Environment, name: string): string;
  url(environment: Environment, name: string): string;
  json(environment: Environment, name: string, absent: unknown): unknown;
}

function collecting<Config>(make: (read: Reader) => Config): Config {
  const problems: string[] = [];
  const problem = (words: string) => void problems.push(words);
  const text = (environment: Environment, name: string): string => {
    const value = environment[name]?.trim() ?? "";
    if (value === "") problem(`${name} is missing`);
    return value;
  };
  const config = make({
    problem,
    text,
    url(environment, name) {
      const value = text(environment, name);
      if (value !== "" && !isUrl(value)) problem(`${name} is no http or https URL`);
      return value;
    },
    json(environment, name, absent) {
      const value = environment[name]?.trim() ?? "";
      if (value === "") return absent;
      try {
        return JSON.parse(value);
      } catch {
        problem(`${name} is not JSON`);
        return absent;
      }
    },
  });
  if (problems.length > 0)
    throw new KnitboneError("ConfigInvalid", `reading the configuration: ${problems.join("; ")}`);
  return config;
}

function functionConfig(environment: Environment, read: Reader): FunctionConfig {
  const lab = Number(environment["KNITBONE_LAB"] ?? "1");
  if (!(Number.isFinite(lab) && lab >= 1)) read.problem("KNITBONE_LAB is not a number of 1 or more");
  return {
    tablePrefix: read.text(environment, "TABLE_PREFIX"),
    quarantineQueueUrl: read.url(environment, "QUARANTINE_QUEUE_URL"),
    version: read.text(environment, "KNITBONE_VERSION"),
    lab,
  };
}

function routesOf(read: Reader, environment: Environment): DispatcherConfig["routes"] {
  const routes: Partial<Record<Signal, readonly string[]>> = {};
  for (const [signal, healers] of entriesOf(read, environment, "ROUTES")) {
    const known = signals.find((each) => each === signal);
    if (known === undefined) read.problem(`ROUTES: unknown signal ${signal}`);
    else if (!isTexts(healers)) read.problem(`ROUTES: ${signal} is not a list of healers`);
    else routes[known] = healers;
  }
  return routes;
}

function queuesOf(read: Reader, environment: Environment): Readonly<Record<string, string>> {
  const urls: Record<string, string> = {};
  for (const [healer, url] of entriesOf(read, environment, "HEALER_QUEUES")) {
    if (typeof url === "string" && isUrl(url)) urls[healer] = url;
    else read.problem(`HEALER_QUEUES: ${healer} has no http or https URL`);
  }
  return urls;
}

function entriesOf(read: Reader, environment: Environment, name: string): readonly (readonly [string, unknown])[] {
  read.text(environment, name);
  const value = read.json(environment, name, {});
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value);
  read.problem(`${name} is not a JSON object`);
  return [];
}

function isUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
