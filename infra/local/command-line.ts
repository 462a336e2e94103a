import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Mode } from "../../shared/flag/flag.ts";

export type Run =
  | { readonly kind: "demo"; readonly once: boolean; readonly json: boolean; readonly state?: string }
  | {
      readonly kind: "real";
      readonly kubeconfig: string;
      /** Empty: the file's current context. */
      readonly contexts: readonly string[];
      /** Only of effect where the flags table has no starting row yet. */
      readonly mode?: Mode;
      readonly lab: boolean;
      readonly json: boolean;
      readonly state?: string;
    };

export type CommandLine =
  | { readonly kind: "run"; readonly run: Run }
  /** Help or version was asked for. */
  | { readonly kind: "text"; readonly text: string }
  /** One line that says what cannot be used. */
  | { readonly kind: "problem"; readonly line: string };

interface Given {
  readonly once?: true;
  readonly json?: true;
  readonly kubeconfig?: string;
  readonly context?: readonly string[];
  readonly mode?: Mode;
  readonly state?: string;
  readonly lab?: true;
}

export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  let shown = "";
  let problem = "";
  const command = new Command("npm start --")
    .description(
      "Runs Knitbone on this machine: without options a demo that heals simulated clusters, with --kubeconfig on real ones.",
    )
    .option("--once", "demo: end when every named failure has ended; exit 0 only if each ended as it should")
    .option("--json", "JSON lines on standard output; progress goes to standard error")
    .option("--kubeconfig <file>", "watch and heal the real clusters of this file", notEmpty)
    .option(
      "--context <name>",
      "a context of that file; may be given several times (default: its current one)",
      collect,
      [],
    )
    .addOption(
      new Option("--mode <mode>", "what healers may do where no flag says otherwise yet").choices(["observe", "act"]),
    )
    .option(
      "--state <dir>",
      "where tables, queues and logs are kept (default: .knitbone/demo or .knitbone/real)",
      notEmpty,
    )
    .option("--lab", "divide ages and margins by 20; only where every API server is on this machine")
    .version(version, "--version")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        shown += text;
      },
      writeErr: (text) => {
        problem += text;
      },
    });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "text", text: shown.trimEnd() };
    return { kind: "problem", line: firstLine(problem || error.message) };
  }
  return runOf(command.opts<Given>());
}

function runOf(given: Given): CommandLine {
  const problem = given.kubeconfig === undefined ? demoProblem(given) : realProblem(given);
  if (problem !== undefined) return { kind: "problem", line: problem };
  const { kubeconfig, context: contexts = [], mode, state } = given;
  const common = { json: given.json === true, ...(state === undefined ? {} : { state }) };
  if (kubeconfig === undefined) return { kind: "run", run: { kind: "demo", once: given.once === true, ...common } };
  const lab = given.lab === true;
  return { kind: "run", run: { kind: "real", kubeconfig, contexts, lab, ...common, ...(mode ? { mode } : {}) } };
}

function demoProblem({ context = [], mode, lab }: Given): string | undefined {
  if (context.length > 0) return "--context needs --kubeconfig";
  const forced = mode === undefined ? (lab ? "--lab" : undefined) : "--mode";
  if (forced === undefined) return undefined;
  return `${forced} needs --kubeconfig: the demo always acts, in lab mode, on its own clusters only`;
}

function realProblem({ once, context = [] }: Given): string | undefined {
  if (once) return "--once is for the demo: real clusters are watched until you end it";
  const twice = context.find((name, index) => context.indexOf(name) < index);
  return twice === undefined ? undefined : `--context ${twice} is given twice`;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, notEmpty(value)];

function notEmpty(value: string): string {
  if (value === "") throw new InvalidArgumentError("It is empty.");
  return value;
}

const firstLine = (text: string): string => (text.trim().split("\n")[0] ?? "").replace(/^error: /, "");
