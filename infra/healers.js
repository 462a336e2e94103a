/**
 * What `serverless.yml` takes from the folders under `functions/`: every folder with a `function.yml` becomes a function with a role of its
 * own, a queue, a dead-letter queue, an event-source mapping and alarms. A new healer is a new folder; nothing here changes.
 *
 * Plain JavaScript with named exports, because osls `require`s it; the parts are TypeScript, which Node 24 runs as it is.
 */
import { fileURLToPath } from "node:url";
import { readFunctions } from "./stack/function-settings.ts";
import { lambdaFunctions } from "./stack/lambda-functions.ts";
import { stackResources } from "./stack/stack-resources.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Parameters of `serverless.yml` (`params:`, `osls --param name=value`). */
async function parameters({ resolveVariable }) {
  const param = async (name) => String((await resolveVariable(`param:${name}, ''`)) ?? "");
  const list = async (name) =>
    (await param(name))
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean);
  return {
    prefix: await param("prefix"),
    version: await param("version"),
    policy: policies(await param("policy")),
    senderRoles: await list("senderRoles"),
    clusterRoles: await list("clusterRoles"),
    alarmTopic: await param("alarmTopic"),
    logLevel: logLevel(await param("logLevel")),
    logSampleRate: sampleRate(await param("logSampleRate")),
  };
}

function policies(text) {
  try {
    const value = JSON.parse(text === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The same words as for JSON of another shape.
  }
  throw new Error(`param policy must be a JSON object of healers, such as {"orphan-sweeper":{…}}, not ${text}`);
}

function logLevel(text) {
  const levels = ["DEBUG", "INFO", "WARN", "ERROR"];
  if (levels.includes(text)) return text;
  throw new Error(`param logLevel must be one of ${levels.join(", ")}, not ${text}`);
}

function sampleRate(text) {
  const rate = Number(text);
  if (text !== "" && rate >= 0 && rate <= 1) return rate;
  throw new Error(`param logSampleRate must be a share of invocations from 0 to 1, such as 0.05, not ${text}`);
}

export const functions = async (context) => lambdaFunctions(readFunctions(root), await parameters(context));

export const resources = async (context) => stackResources(readFunctions(root), await parameters(context));
