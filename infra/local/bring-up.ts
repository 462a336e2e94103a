import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeError, KnitboneError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log/log.ts";
import type { Random } from "../../shared/random/random.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { buildFunctions } from "../build.ts";
import { compiledTemplate } from "../package.ts";
import { callersVariables } from "./function-kubeconfig.ts";
import type { Progress } from "./progress.ts";
import { type LocalStack, startLocalStack } from "./stack.ts";
import { type StateDirectory, storeFailure } from "./state-directory.ts";

/** What functions may know of this process: where programs, the home directory and a proxy are. Never its AWS settings under their own names. */
const inheritedNames =
  /^(PATH|HOME|USER|TMPDIR|LANG|LC_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|KUBE.*|XDG_.*|(HTTPS?|NO|ALL)_PROXY)$/i;

/** Builds and packages what has changed, starts the stack on the state directory and says in `stack.json` where it is. */
export async function bringUp(options: {
  readonly root: string;
  readonly version: string;
  readonly state: StateDirectory;
  readonly lab: number;
  /** Knobs by healer, as KNITBONE_POLICY takes them. */
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}): Promise<LocalStack> {
  const { root, state, progress, clock, pid, version } = options;
  const quiet = { log: () => {}, root };
  await progress.step("building the functions", () => buildFunctions(quiet));
  const file = await progress.step("packaging serverless.yml", () => compiledTemplate(quiet));
  const stack = await progress.step("starting tables, queues and functions", () =>
    startLocalStack({
      ...options,
      onFailure: (error) => options.onFailure(storeFailure(state.path, error)),
      template: readTemplate(file),
      bundleOf: (folder) => pathToFileURL(join(root, ".build", folder, "index.mjs")),
      inherited: { ...inheritedOf(options.environment), ...callersVariables(options.environment) },
    }),
  );
  state.publish({
    version,
    pid,
    kind: state.kind,
    endpoints: stack.endpoints,
    prefix: stack.prefix,
    region: stack.region,
    startedAt: clock.now(),
  });
  return stack;
}

function readTemplate(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new KnitboneError("ConfigInvalid", `reading the compiled template ${file}: ${describeError(error)}`);
  }
}

function inheritedOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && inheritedNames.test(name) ? [[name, value]] : [],
    ),
  );
}
