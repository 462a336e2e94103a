/**
 * Runs before `npm start`, on whichever Node the machine has: installs what is missing, and otherwise does nothing. Plain JavaScript without
 * dependencies, because nothing may be installed yet. Speaks on stderr: stdout belongs to the command.
 */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const say = (line) => process.stderr.write(`${line}\n`);
const oldestNode = 20;

/** npm writes node_modules/.package-lock.json last: without it an install was never finished. */
function installed() {
  const done = file("node_modules/.package-lock.json");
  return existsSync(done) && statSync(done).mtimeMs >= statSync(file("package-lock.json")).mtimeMs && hasNode();
}

/** Everything after this runs on the Node of the dev dependency `node`, which an install script puts there. */
function hasNode() {
  return existsSync(file("node_modules/node/bin/node")) || existsSync(file("node_modules/node/bin/node.exe"));
}

/** @returns {Promise<string | undefined>} what went wrong */
function install() {
  // The npm that runs us, so that its version and settings are the user's.
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const [command, parameters] = npm === undefined ? ["npm", args] : [process.execPath, [npm, ...args]];
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: file("."), stdio: ["ignore", 2, 2] });
    child.on("error", (error) => resolve(`npm cannot be started: ${error.message}`));
    child.on("close", (code) =>
      resolve(code === 0 ? undefined : `npm ci ended with code ${code}; its words are above`),
    );
  });
}

async function bootstrap() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    return `Node ${oldestNode} or newer is needed, this is ${process.versions.node}`;
  }
  if (installed()) return undefined;
  say("Installing packages (npm ci): takes about half a minute, once.");
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1_000)} s`;
  const progress = setInterval(() => say(`  still installing, ${seconds()}`), 5_000);
  const problem = await install();
  clearInterval(progress);
  if (problem !== undefined) return problem;
  if (!hasNode())
    return "npm ci left out Node 24, because install scripts are switched off; run: npm rebuild node --ignore-scripts=false";
  say(`Installed in ${seconds()}.`);
  return undefined;
}

const problem = await bootstrap();
if (problem !== undefined) {
  say(`knitbone cannot start: ${problem}.`);
  process.exitCode = 1;
}
