import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { describeError } from "../../shared/errors.ts";
import { UsageError } from "./usage-error.ts";

/** The API server's address of one context. Only looked up here; connecting is `shared/cluster`'s. */
export function serverOfContext(file: string, context: string): string {
  const config = asRecord(readYaml(file));
  const contexts = named(config["contexts"]);
  const wanted = contexts.get(context);
  if (wanted === undefined) {
    throw new UsageError(
      `context "${context}" is not in ${file}; it has: ${[...contexts.keys()].join(", ") || "none"}`,
    );
  }
  const cluster = String(asRecord(wanted["context"])["cluster"]);
  const server = asRecord(named(config["clusters"]).get(cluster)?.["cluster"])["server"];
  if (typeof server !== "string" || URL.parse(server) === null) {
    throw new UsageError(`context "${context}" in ${file} names the cluster "${cluster}", which has no server there`);
  }
  return server;
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`--kubeconfig ${file} cannot be read: ${describeError(error)}`);
  }
}

/** kubeconfig's lists of {name, …}, by name. */
function named(list: unknown): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const entries = Array.isArray(list) ? list.map(asRecord) : [];
  return new Map(entries.map((entry) => [String(entry["name"]), entry]));
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
