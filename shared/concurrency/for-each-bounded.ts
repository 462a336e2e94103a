/**
 * Runs `work` for every item, at most `limit` at a time, in the items' order of starting. All are run, whatever becomes of the others; `work` must
 * not reject (outcomes are its own affair).
 */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
