import type { Bundle } from "./bundle-function.ts";

/** What each bundle weighs, for people: in kilobytes of 1,000 bytes. */
export function sizeTable(bundles: readonly Bundle[], limitGzBytes: number): string {
  const width = Math.max("function".length, ...bundles.map(({ name }) => name.length));
  const row = (name: string, ...cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell) => cell.padStart(10)).join("")}`.trimEnd();
  return [
    row("function", "kB", "at start", "gzipped", "of limit"),
    ...bundles.map(({ name, bytes, startBytes, gzBytes }) =>
      row(name, kilo(bytes), kilo(startBytes), kilo(gzBytes), `${Math.round((100 * gzBytes) / limitGzBytes)} %`),
    ),
  ].join("\n");
}

function kilo(bytes: number): string {
  return (bytes / 1_000).toFixed(1);
}
