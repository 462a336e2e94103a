import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { channels } from "../../shared/catalogue/signature.ts";
import { describeError, KnitboneError } from "../../shared/errors.ts";
import { listActions } from "./action-list.ts";
import { listCases } from "./case-list.ts";
import { addSignature, explainMessage, listSignatures, listUnknown, removeSignature } from "./catalogue-commands.ts";
import { addCluster, removeCluster } from "./cluster-commands.ts";
import { listClusters } from "./cluster-list.ts";
import type { Desk } from "./desk.ts";
import { listFlags, setFlag } from "./flag-commands.ts";
import { listIncidents } from "./incident-list.ts";
import { listLogLevels, setLogLevel } from "./log-level-commands.ts";
import { plainText } from "./plain-text.ts";
import { showPod } from "./pod-page.ts";
import { listRungs } from "./rung-list.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Runs one command line (without node and script) and returns the exit code: 0, 1 when the stack or its tables do not answer, 2 when the command
 * line cannot be used. Every failure is one line on `desk.err`.
 */
export async function runKnitbone(args: readonly string[], desk: Desk, version: string): Promise<number> {
  try {
    await knitbone(desk, version).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are answers; commander has written what went wrong otherwise.
      return error.exitCode === 0 ? 0 : 2;
    }
    desk.err(plainText(`knitbone: ${describeError(error)}`));
    if (error instanceof UsageError || (error instanceof KnitboneError && error.code === "ConfigInvalid")) return 2;
    return 1;
  }
}

function knitbone(desk: Desk, version: string): Command {
  const program = new Command("knitbone")
    .description("Looks into Knitbone and switches its healers: of a running local stack, or of a deployed one.")
    .version(version)
    .option("--state <dir>", "the local stack that runs on DIR (default: .knitbone/demo or .knitbone/real)")
    .option("--prefix <prefix>", "a deployed stack, through the usual AWS settings (its tables are <prefix>-cases …)")
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => desk.out(text.trimEnd()),
      writeErr: (text) => desk.err(text.trimEnd()),
      outputError: (text, write) => write(oneLine(text)),
    });
  addFlagCommands(program, desk);
  addLogLevelCommands(program, desk);
  addListCommands(program, desk);
  addPodCommand(program, desk);
  addClusterCommands(program, desk);
  addCatalogueCommands(program, desk);
  return program;
}

function addFlagCommands(program: Command, desk: Desk): void {
  const flag = program.command("flag").description("which healer may do what where");
  listOptions(flag.command("list").description("every flag"))
    .option("--cluster <id>", "those that have a say in this cluster")
    .option("--healer <name>", "those that have a say for this healer")
    .action((_options, command: Command) => listFlags(desk, command.optsWithGlobals()));
  flag
    .command("set <scope> <healer> <mode>")
    .description("sets one flag")
    .option("--until <time>", "a duration (2h) or an instant (2026-11-21T18:00:00Z); then the flag counts no more")
    .option("--reason <text>", "why, for those who read it later")
    .addHelpText(
      "after",
      `\nscope   '*', a cluster, cluster/namespace, or ring=N for every cluster that is in that ring now\nhealer  '*', or ${desk.healers.join(", ")}\nmode    off, observe or act; off anywhere wins, else the narrowest scope`,
    )
    .action((scope: string, healer: string, mode: string, _options, command: Command) =>
      setFlag(desk, [scope, healer, mode], command.optsWithGlobals()),
    );
}

function addLogLevelCommands(program: Command, desk: Desk): void {
  const logLevel = program.command("log-level").description("what healers write into their logs, without a deployment");
  listOptions(logLevel.command("list").description("every log level that was set")).action(
    (_options, command: Command) => listLogLevels(desk, command.optsWithGlobals()),
  );
  logLevel
    .command("set <scope> <healer> <level>")
    .description("sets the log level of one healer; then it is the deployed one again")
    .requiredOption("--until <time>", "a duration (30m) or an instant (2026-11-21T18:00:00Z)")
    .option("--reason <text>", "why, for those who read it later")
    .addHelpText(
      "after",
      "\nscope, healer   as of flag set; the narrowest scope wins\nlevel           debug, info, warn or error",
    )
    .action((scope: string, healer: string, level: string, _options, command: Command) =>
      setLogLevel(desk, [scope, healer, level], command.optsWithGlobals()),
    );
}

function addListCommands(program: Command, desk: Desk): void {
  const cases = program.command("case").description("sick objects: what was decided and why");
  listOptions(cases.command("list").description("every case, newest change first"))
    .option("--cluster <id>", "of this cluster")
    .option("--healer <name>", "of this healer")
    .option("--open", "open ones only")
    .action((_options, command: Command) => listCases(desk, command.optsWithGlobals()));

  const actions = program.command("action").description("the ledger: what was done, or would have been");
  listOptions(actions.command("list").description("every action, newest first"))
    .option("--cluster <id>", "in this cluster")
    .option("--healer <name>", "of this healer")
    .action((_options, command: Command) => listActions(desk, command.optsWithGlobals()));

  const incidents = program.command("incident").description("one cause behind many cases");
  listOptions(incidents.command("list").description("every incident, open ones first"))
    .option("--cluster <id>", "those that concern this cluster")
    .action((_options, command: Command) => listIncidents(desk, command.optsWithGlobals()));

  const rungs = program.command("rung").description("what sick nodes were asked for, and whether it helped");
  listOptions(rungs.command("list").description("every cause and rung of the last 30 days, newest outcome first"))
    .option("--cluster <id>", "on the nodes of this cluster")
    .action((_options, command: Command) => listRungs(desk, command.optsWithGlobals()));
}

function addPodCommand(program: Command, desk: Desk): void {
  program
    .command("pod <cluster/namespace/name>")
    .description("the life of one pod, kept 30 days after its end: its steps, restarts, heals and cases")
    .option("--uid <uid>", "the one of this uid, where several had the name (default: the newest)")
    .option("--json", "for programs: all of it, as one object")
    .action((pod: string, _options, command: Command) => showPod(desk, pod, command.optsWithGlobals()));
}

function addClusterCommands(program: Command, desk: Desk): void {
  const cluster = program.command("cluster").description("the registry of clusters");
  listOptions(cluster.command("list").description("every cluster: when last seen, brake and breaker"))
    .option("--cluster <id>", "this one only")
    .action((_options, command: Command) => listClusters(desk, command.optsWithGlobals()));
  cluster
    .command("add <id>")
    .description("registers a cluster")
    .requiredOption("--sender <id>", "what SQS stamps on its forwarder's messages: the role's unique id (AROA…)")
    .option("--endpoint <url>", "the API server")
    .option("--ca <file>", "its certificate authority, in PEM")
    .option("--eks <name>", "authenticate as EKS does")
    .option("--region <region>", "with --eks: where the cluster is")
    .option("--role <arn>", "with --eks: a role to take on")
    .option(
      "--token-secret <arn>",
      "authenticate with a service-account token from Secrets Manager (secret knitbone/…)",
    )
    .option("--kubeconfig <file>", "authenticate with a kubeconfig; local stacks only")
    .option("--context <name>", "with --kubeconfig: its context")
    .option("--ring <n>", "0 is healed first (default: 0)", wholeNumber(0, 100))
    .option("--pool-label <key>", "node label that names the pool")
    .option("--reads-per-second <n>", "what healers together may read (default: 20)", wholeNumber(1, 1_000))
    .action((id: string, _options, command: Command) => addCluster(desk, id, command.optsWithGlobals()));
  cluster
    .command("remove <id>")
    .description("forgets a cluster and everything known of it")
    .action((id: string, _options, command: Command) => removeCluster(desk, id, command.optsWithGlobals()));
}

function addCatalogueCommands(program: Command, desk: Desk): void {
  const catalogue = program.command("catalogue").description("what messages of clusters mean");
  listOptions(catalogue.command("list").description("every signature, by id"))
    .option("--cause <cause>", "of this cause")
    .option("--release", "of the release only; needs no stack")
    .action((_options, command: Command) => listSignatures(desk, command.optsWithGlobals()));
  catalogue
    .command("explain <message>")
    .description("which signature a message has, and why")
    .addOption(new Option("--channel <channel>", "where it was read").choices(channels).makeOptionMandatory())
    .option("--reason <reason>", "of the Event, status or condition")
    .option("--json", "for programs")
    .option("--release", "with the release only; needs no stack")
    .action((message: string, _options, command: Command) => explainMessage(desk, message, command.optsWithGlobals()));
  listOptions(catalogue.command("unknown").description("messages that no signature has, most frequent first"))
    .option("--cluster <id>", "of this cluster")
    .action((_options, command: Command) => listUnknown(desk, command.optsWithGlobals()));
  catalogue
    .command("add")
    .description("adds a signature, or a new version of one; it may name a cause, hold or tell, and never heal")
    .requiredOption("--file <file>", "one row in YAML, with samples and near misses")
    .action((_options, command: Command) => addSignature(desk, command.optsWithGlobals()));
  catalogue
    .command("remove <id>")
    .description("takes a signature that was added out of force")
    .action((id: string, _options, command: Command) => removeSignature(desk, id, command.optsWithGlobals()));
}

function listOptions(command: Command): Command {
  return command
    .option("--json", "for programs: all of it, as one array")
    .option("--limit <n>", "at most so many (default for people: 50)", wholeNumber(1, 1_000_000));
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Commander's words on one line, with a hint where the shell has put file names for an unquoted star. */
function oneLine(text: string): string {
  const words = text
    .replace(/^error: /, "knitbone: ")
    .trim()
    .replace(/\s*\n\s*/g, " ");
  return words.includes("too many arguments") ? `${words} In a shell, '*' needs its quotes.` : words;
}
