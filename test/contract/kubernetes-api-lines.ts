import { type Bench, merge } from "./kubernetes-api-bench.ts";
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

export const brief = (lines: readonly WatchLine[]): string[] =>
  lines.map((line) => `${line.type} ${line.object.metadata.name}`);

/** Labels only this case uses, and a selector for them. */
export function tagged(bench: Bench): { labels: Record<string, string>; labelSelector: string } {
  const tag = bench.fresh("tag");
  return { labels: { tag }, labelSelector: `tag=${tag}` };
}

export const label = (bench: Bench, name: string, labels: Record<string, string | null>) =>
  bench.call("PATCH", bench.pods(name), { type: merge, body: { metadata: { labels } } });
