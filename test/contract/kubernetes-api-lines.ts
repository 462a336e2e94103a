import type { Bench } from "./kubernetes-api-bench.ts";
import type { OpenWatch, WatchLine } from "./kubernetes-api-client.ts";

/** The next `count` lines of a watch. */
export async function take(watch: OpenWatch, count: number): Promise<WatchLine[]> {
  const lines: WatchLine[] = [];
  while (lines.length < count) {
    const line = await watch.next();
    if (line === undefined) throw new Error(`the watch ended after ${lines.length} of ${count} events`);
    lines.push(line);
  }
  return lines;
}

/** Where a watch of the namespace's pods may begin. */
export async function versionNow({ call, pods }: Bench): Promise<string> {
  return (await call("GET", pods())).body.metadata.resourceVersion;
}
