// Prints "<passed> <failed>" of `npm start -- --once --json`: one per named failure, and one for showing enough of them: at least twenty-five, of
// which at least three are left alone. How each ended goes to stderr, for people.
import { readFileSync } from "node:fs";

const shown = readFileSync(process.argv[2], "utf8")
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line))
  .filter(({ failure }) => typeof failure === "string");
const good = shown.filter(({ ok }) => ok === true).length;
const different = new Set(shown.map(({ failure }) => failure)).size;
const leftAlone = shown.filter(({ ok, verdict }) => ok === true && verdict === "leave").length;
for (const { failure, ok, verdict, reason } of shown) {
  process.stderr.write(`   ${ok === true ? "ok " : "NOT"}  ${failure}: ${verdict} ${reason}\n`);
}
const enough = different >= 25 && leftAlone >= 3;
process.stdout.write(`${good + (enough ? 1 : 0)} ${shown.length - good + (enough ? 0 : 1)}\n`);
