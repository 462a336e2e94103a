import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { describeError } from "../../shared/errors.ts";
import { systemRandom } from "../../shared/random/system-random.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { plainText } from "../cli/plain-text.ts";
import { parseCommandLine, type Run } from "./command-line.ts";
import type { Host, OutputTerminal } from "./host.ts";

/** `npm start`: the composition root of the local stack. Exit codes: 0 fine, 1 it did not work, 2 the command line cannot be used. */

/** A clean end takes seconds; should a part hang, the process ends all the same. */
const endLimitMs = 15_000;
/** npm passes Ctrl-C on to us although the terminal has done so already: one press arrives twice. */
const samePressMs = 1_000;

const end = new AbortController();
let failed: { readonly error: unknown } | undefined;
let firstSignalAt: number | undefined;

const host: Host = {
  root: fileURLToPath(new URL("../..", import.meta.url)),
  version: manifest.version,
  pid: process.pid,
  environment: process.env,
  clock: systemClock,
  random: systemRandom,
  stdout: terminalOf(process.stdout),
  stderr: terminalOf(process.stderr),
  ended: end.signal,
  fail(error) {
    failed ??= { error };
    end.abort();
  },
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    const now = systemClock.monotonic();
    if (firstSignalAt !== undefined && now - firstSignalAt > samePressMs) leave(1);
    firstSignalAt ??= now;
    end.abort();
  });
}
// Whoever read our output has gone: nothing is left to tell, but the end is still a clean one.
process.stdout.on("error", () => end.abort());
process.stderr.on("error", () => {});
process.on("unhandledRejection", host.fail);
process.on("uncaughtException", host.fail);
end.signal.addEventListener("abort", () => {
  systemClock.sleep(endLimitMs).then(
    () => leave(1, `ending took longer than ${endLimitMs / 1_000} s`),
    () => {},
  );
});

const parsed = parseCommandLine(process.argv.slice(2), manifest.version);
if (parsed.kind === "text") process.stdout.write(`${parsed.text}\n`);
else if (parsed.kind === "problem") leave(2, `${parsed.line}; see: npm start -- --help`);
else await start(parsed.run);

async function start(run: Run): Promise<void> {
  try {
    const code = await (await runnerOf(run))(host);
    if (failed) leave(1, describeError(failed.error));
    leave(code);
  } catch (error) {
    leave(1, describeError(failed?.error ?? error));
  }
}

/** Loaded late: a mistake on the command line is answered at once. */
async function runnerOf(run: Run): Promise<(host: Host) => Promise<number>> {
  if (run.kind === "real") {
    const { runReal } = await import("./real-run.ts");
    return (into) => runReal(run, into);
  }
  const { runDemo } = await import("./demo/demo-run.ts");
  return (into) => runDemo(run, into);
}

/** One line and no stack trace: what people can do something about is in the words. */
function leave(code: number, line?: string): never {
  if (line !== undefined) process.stderr.write(`knitbone: ${plainText(line)}\n`);
  process.exit(code);
}

function terminalOf(stream: NodeJS.WriteStream): OutputTerminal {
  return {
    isTty: stream.isTTY === true,
    colour: stream.isTTY === true && !process.env["NO_COLOR"],
    write: (text) => {
      stream.write(text);
    },
    size: () => ({ width: stream.columns ?? 80, height: stream.rows ?? 24 }),
  };
}
