import { readFileSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse, stringify } from "yaml";

type Environment = Readonly<Record<string, string | undefined>>;
type Document = Record<string, unknown>;

/** What the stack itself sets for its functions, and what a credential plugin such as `aws eks get-token` must not see. */
const ownVariables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_REGION",
  "AWS_ENDPOINT_URL_DYNAMODB",
  "AWS_ENDPOINT_URL_SQS",
] as const;

/**
 * The kubeconfig for the functions. They live with the stack's own AWS settings, and a credential plugin inherits its caller's environment; so
 * where a user of the file runs a plugin, the functions get a copy of the file in which it runs with the AWS settings of this process.
 * Other files are used as they are. Returns the path to use.
 */
export function kubeconfigForFunctions(options: {
  readonly file: string;
  /** Where the copy goes. */
  readonly copy: string;
  readonly environment: Environment;
}): string {
  const { file, copy, environment } = options;
  const document = asDocument(parse(readFileSync(file, "utf8")));
  if (!listOf(document["users"]).some((user) => "exec" in asDocument(user["user"]))) return file;
  const directory = dirname(resolve(file));
  const users = listOf(document["users"]).map((each) => ({
    ...each,
    user: withAbsolutePaths(withCallersSettings(asDocument(each["user"]), directory, environment), directory),
  }));
  const clusters = listOf(document["clusters"]).map((each) => ({
    ...each,
    cluster: withAbsolutePaths(asDocument(each["cluster"]), directory),
  }));
  writeFileSync(copy, stringify({ ...document, users, clusters }), { mode: 0o600 });
  return copy;
}

/** A shell takes the stack's settings away, gives the caller's back and becomes the plugin. What the file sets for the plugin stands above both. */
function withCallersSettings(user: Document, directory: string, environment: Environment): Document {
  if (!("exec" in user)) return user;
  const exec = asDocument(user["exec"]);
  const command = String(exec["command"] ?? "");
  const args = Array.isArray(exec["args"]) ? exec["args"] : [];
  const given = new Set(listOf(exec["env"]).map(({ name }) => String(name)));
  const script = [
    ...ownVariables.filter((name) => !given.has(name)).map((name) => `unset ${name}`),
    ...Object.keys(callersVariables(environment))
      .map((alias) => alias.slice(aliasPrefix.length))
      .filter((name) => !given.has(name))
      .map((name) => `export ${name}="$${aliasPrefix}${name}"`),
    'exec "$@"',
  ].join("; ");
  // By kubectl's rule a command with a slash in it is relative to the file.
  const plugin = command.includes("/") ? absolute(command, directory) : command;
  return { ...user, exec: { ...exec, command: "sh", args: ["-c", script, "sh", plugin, ...args] } };
}

const aliasPrefix = "KNITBONE_CALLER_";

/** The caller's AWS settings under other names, for the functions' environment: secrets stand in no file and on no command line. */
export function callersVariables(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      /^AWS_[A-Z0-9_]+$/.test(name) && value !== undefined ? [[`${aliasPrefix}${name}`, value]] : [],
    ),
  );
}

const pathKeys = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

function withAbsolutePaths(entry: Document, directory: string): Document {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      pathKeys.includes(key) && typeof value === "string" && value !== "" ? absolute(value, directory) : value,
    ]),
  );
}

const absolute = (path: string, directory: string): string => (isAbsolute(path) ? path : join(directory, path));

const asDocument = (value: unknown): Document =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {};

const listOf = (value: unknown): readonly Document[] => (Array.isArray(value) ? value.map(asDocument) : []);
