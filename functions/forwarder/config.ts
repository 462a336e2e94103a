import { KnitboneError } from "../../shared/errors.ts";
import { type ForwarderSettings, parseForwarderSettings } from "./settings.ts";

/** What the process is told by its environment. */
export interface ForwarderConfig {
  readonly cluster: string;
  readonly queueUrl: string;
  readonly settings: ForwarderSettings;
  readonly labelKeys: ReadonlySet<string>;
  readonly listen: { readonly host: string; readonly port: number };
  readonly debug: boolean;
  /** Outside of the cluster: a kubeconfig instead of the pod's service account. */
  readonly kubeconfig?: { readonly file: string; readonly context?: string };
}

/**
 * `KNITBONE_CLUSTER`, `KNITBONE_QUEUE_URL`; optional `KNITBONE_SETTINGS` (JSON, see settings.ts), `KNITBONE_LABEL_KEYS` (with commas),
 * `KNITBONE_LISTEN`, `KNITBONE_PORT`, `KNITBONE_LOG` (info or debug), `KNITBONE_KUBECONFIG`, `KNITBONE_CONTEXT`. Throws one ConfigInvalid that
 * names every problem.
 */
export function forwarderConfig(env: Readonly<Record<string, string | undefined>>): ForwarderConfig {
  const problems: string[] = [];
  const required = (name: string, good: (value: string) => boolean, what: string): string => {
    const value = env[name] ?? "";
    if (value === "") problems.push(`${name} is not set: ${what}`);
    else if (!good(value)) problems.push(`${name}: ${JSON.stringify(value)} is not ${what}`);
    return value;
  };
  const cluster = required(
    "KNITBONE_CLUSTER",
    isClusterId,
    "the id of a cluster (letters, digits, - . _ : @, at most 128)",
  );
  const queueUrl = required("KNITBONE_QUEUE_URL", isUrl, "the URL of the queue of deltas");
  const settings = settingsOf(env["KNITBONE_SETTINGS"] ?? "{}");
  const port = Number(env["KNITBONE_PORT"] ?? "8080");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push("KNITBONE_PORT: is not a port");
  const level = env["KNITBONE_LOG"] ?? "info";
  if (level !== "info" && level !== "debug") problems.push('KNITBONE_LOG: is neither "info" nor "debug"');
  const file = env["KNITBONE_KUBECONFIG"];
  const context = env["KNITBONE_CONTEXT"];
  if (settings.kind === "problems") problems.push(...settings.problems.map((each) => `KNITBONE_SETTINGS: ${each}`));
  if (problems.length > 0 || settings.kind === "problems") {
    throw new KnitboneError("ConfigInvalid", `reading the environment: ${problems.join("; ")}`);
  }
  return {
    cluster,
    queueUrl,
    settings: settings.settings,
    labelKeys: new Set(
      (env["KNITBONE_LABEL_KEYS"] ?? "")
        .split(",")
        .map((key) => key.trim())
        .filter(Boolean),
    ),
    listen: { host: env["KNITBONE_LISTEN"] ?? "127.0.0.1", port },
    debug: level === "debug",
    ...(file === undefined ? {} : { kubeconfig: { file, ...(context === undefined ? {} : { context }) } }),
  };
}

function settingsOf(text: string): ReturnType<typeof parseForwarderSettings> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return { kind: "problems", problems: ["is not JSON"] };
  }
  return parseForwarderSettings(values);
}

function isClusterId(value: string): boolean {
  // As the dispatcher accepts it (shared/delta/wire-schema.ts).
  return /^[A-Za-z0-9][-A-Za-z0-9._:@]{0,127}$/.test(value);
}

function isUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
