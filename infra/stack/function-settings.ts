import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { signals as knownSignals, type Signal } from "../../shared/delta/delta.ts";

/** One folder under `functions/` that is deployed as a Lambda function: what its `function.yml` says. */
export interface FunctionSettings {
  /** Folder = function = queue = flag key. */
  readonly name: string;
  /** What the dispatcher hands to it; empty for the dispatcher itself. */
  readonly signals: readonly Signal[];
  readonly memorySize: number;
  readonly timeoutSeconds: number;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Of the event-source mapping: at least 2 by AWS's rule. */
  readonly maximumConcurrency: number;
  readonly reservedConcurrency?: number;
  /** When the healer goes its rounds: an EventBridge rate such as "rate(1 hour)". */
  readonly schedule?: string;
}

/** The function that takes every delta in; all others are healers. */
export const dispatcherName = "dispatcher";

interface Bounds {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
}

/** Limits are AWS's, except the time limit: a queue's visibility is 6 times as long, and a lost message shall come again within half an hour. */
const bounds = {
  memorySize: { fallback: 512, least: 128, most: 10_240 },
  timeoutSeconds: { fallback: 30, least: 1, most: 300 },
  batchSize: { fallback: 10, least: 1, most: 10_000 },
  batchingWindowSeconds: { fallback: 0, least: 0, most: 300 },
  maximumConcurrency: { fallback: 10, least: 2, most: 1_000 },
} satisfies Record<string, Bounds>;

const knownKeys = ["signals", "schedule", "reservedConcurrency", ...Object.keys(bounds)];

/** EventBridge wants the singular after 1 and the plural after all else. */
const rate = /^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$/;

/** Every function of the repository, by name. Throws one error that lists every problem of every `function.yml`. */
export function readFunctions(root: string): readonly FunctionSettings[] {
  const folder = join(root, "functions");
  const problems: string[] = [];
  const found: FunctionSettings[] = [];
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const file = join(folder, name, "function.yml");
    if (!existsSync(file)) continue;
    const where = `functions/${name}/function.yml`;
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
      problems.push(`${where}: the folder's name must be kebab-case and at most 40 characters`);
    }
    if (!existsSync(join(folder, name, "handler.ts"))) problems.push(`${where}: there is no handler.ts beside it`);
    const document = parseDocument(readFileSync(file, "utf8"));
    if (document.errors.length > 0) {
      problems.push(...document.errors.map(({ message }) => `${where}: ${message.split("\n")[0]}`));
      continue;
    }
    const answer = functionSettings(name, document.toJS());
    problems.push(...answer.problems.map((problem) => `${where}: ${problem}`));
    found.push(answer.settings);
  }
  if (!found.some(({ name }) => name === dispatcherName)) problems.push("functions/dispatcher/function.yml is missing");
  if (problems.length > 0) throw new Error(`reading the functions: ${problems.join("; ")}`);
  return found;
}

/** Checks one `function.yml`: settings with defaults filled in, and everything that is wrong with it. */
function functionSettings(
  name: string,
  content: unknown,
): { readonly settings: FunctionSettings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const values = isRecord(content) ? content : {};
  if (content !== null && content !== undefined && !isRecord(content))
    problems.push("is not a list of keys and values");
  for (const key of Object.keys(values)) {
    if (!knownKeys.includes(key)) problems.push(`${key} is not known (known: ${knownKeys.join(", ")})`);
  }

  const whole = (key: string, { fallback, least, most }: Bounds): number => {
    const value = values[key];
    if (value === undefined) return fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    problems.push(`${key} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
    return fallback;
  };

  const settings = {
    name,
    signals: wantedSignals(name, values["signals"], problems),
    memorySize: whole("memorySize", bounds.memorySize),
    timeoutSeconds: whole("timeoutSeconds", bounds.timeoutSeconds),
    batchSize: whole("batchSize", bounds.batchSize),
    batchingWindowSeconds: whole("batchingWindowSeconds", bounds.batchingWindowSeconds),
    maximumConcurrency: whole("maximumConcurrency", bounds.maximumConcurrency),
    ...scheduleOf(name, values["schedule"], problems),
  };
  if (settings.batchSize > 10 && settings.batchingWindowSeconds < 1) {
    problems.push("a batchSize above 10 needs a batchingWindowSeconds of at least 1");
  }
  if (values["reservedConcurrency"] === undefined) return { settings, problems };

  const reservedConcurrency = whole("reservedConcurrency", { fallback: 1_000, least: 1, most: 1_000 });
  if (reservedConcurrency < settings.maximumConcurrency) {
    problems.push(
      `reservedConcurrency ${reservedConcurrency} is below maximumConcurrency ${settings.maximumConcurrency}: throttled polls would drive good messages into the dead-letter queue`,
    );
  }
  return { settings: { ...settings, reservedConcurrency }, problems };
}

function scheduleOf(name: string, value: unknown, problems: string[]): Pick<FunctionSettings, "schedule"> {
  if (value === undefined) return {};
  if (name === dispatcherName) problems.push("the dispatcher has no schedule: it goes no rounds");
  if (typeof value === "string" && rate.test(value)) return { schedule: value };
  problems.push(`schedule must be a rate such as "rate(1 hour)", not ${JSON.stringify(value)}`);
  return {};
}

function wantedSignals(name: string, value: unknown, problems: string[]): readonly Signal[] {
  if (name === dispatcherName) {
    if (value !== undefined) problems.push("the dispatcher has no signals: it takes every delta");
    return [];
  }
  if (!Array.isArray(value) || value.length === 0) {
    problems.push(`signals must list at least one of ${knownSignals.join(", ")}`);
    return [];
  }
  for (const signal of value) {
    if (!isSignal(signal)) problems.push(`signal ${JSON.stringify(signal)} is none of ${knownSignals.join(", ")}`);
  }
  return value.filter(isSignal);
}

function isSignal(value: unknown): value is Signal {
  return knownSignals.some((known) => known === value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
