import { forEachBounded } from "../concurrency/for-each-bounded.ts";

export interface BatchItemFailures {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * The answer that makes Lambda bring back exactly these messages. Only ids that were received: an empty, null or unknown one would bring back the
 * whole batch (`safety.md` §3.1), and so would one that is named twice in some runtimes.
 */
export function itemFailures(received: readonly string[], failed: Iterable<string>): BatchItemFailures {
  const wanted = new Set(failed);
  const ids = [...new Set(received)].filter((each) => each !== "" && wanted.has(each));
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}

export interface BatchWork<Item> {
  readonly idOf: (item: Item) => string;
  /** Items of the same object come one after the other, in the order received; different objects side by side. */
  readonly objectOf: (item: Item) => string;
  /** Objects at once. */
  readonly limit: number;
  /** Asked before each item. False: it comes again, since there may not be the time to end it. */
  readonly mayStart: () => boolean;
  /** Throws: this item comes again. */
  readonly work: (item: Item) => Promise<void>;
  readonly failed: (item: Item, error: unknown) => void;
}

/** Works off a batch and tells which items must come again. Never rejects; nothing is under way when it resolves. */
export async function workOff<Item>(items: readonly Item[], batch: BatchWork<Item>): Promise<ReadonlySet<string>> {
  const again = new Set<string>();
  const one = async (item: Item): Promise<void> => {
    if (!batch.mayStart()) {
      again.add(batch.idOf(item));
      return;
    }
    try {
      await batch.work(item);
    } catch (error) {
      again.add(batch.idOf(item));
      batch.failed(item, error);
    }
  };
  const objects = [...Map.groupBy(items, batch.objectOf).values()];
  await forEachBounded(objects, batch.limit, async (ofOneObject) => {
    for (const item of ofOneObject) await one(item);
  });
  return again;
}
