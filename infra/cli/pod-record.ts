import type { Case } from "../../shared/case/case.ts";
import type { Action } from "../../shared/ledger/action.ts";
import type { Lifecycle } from "../../shared/lifecycle/lifecycle.ts";
import { registeredWords } from "./cluster-commands.ts";
import type { Desk, Stores } from "./desk.ts";
import { parsePodName } from "./scope.ts";
import { UsageError } from "./usage-error.ts";

/** All that is known of one pod. */
export interface PodRecord {
  readonly life: Lifecycle;
  /** What healers did to it, or told people of it, oldest first. */
  readonly actions: readonly Action[];
  /** Ids that the ledger does not have any more. */
  readonly forgotten: readonly string[];
  /** Of every healer that had one, the newest change first. */
  readonly cases: readonly Case[];
  /** Other pods that had the same name, newest first. */
  readonly others: readonly Lifecycle[];
}

/** Throws UsageError for words that name no pod, and for a pod of which nothing was recorded. */
export async function readPodRecord(
  { healers }: Pick<Desk, "healers">,
  stores: Stores,
  text: string,
  uid: string | undefined,
): Promise<PodRecord> {
  const { cluster, namespace, name } = parsePodName(text);
  const lives = await stores.lifecycles.ofName(cluster, namespace, name);
  const life = uid === undefined ? lives[0] : lives.find((each) => each.pod.uid === uid);
  if (life === undefined) throw new UsageError(await notRecorded(stores, text, uid, lives));
  const found = await Promise.all(healers.map((healer) => stores.cases.load({ healer, cluster, uid: life.pod.uid })));
  const cases = found.filter((each) => each !== undefined).sort((a, b) => b.updatedAt - a.updatedAt);
  const ids = new Set([
    ...(life.heals ?? []),
    ...cases.flatMap(({ escalated, pending }) => [escalated?.actionId ?? [], pending?.actionId ?? []].flat()),
  ]);
  const read = await Promise.all([...ids].map((id) => stores.ledger.read(cluster, id)));
  const actions = read.filter((each) => each !== undefined).sort((a, b) => a.plannedAt - b.plannedAt);
  return {
    life,
    actions,
    forgotten: [...ids].filter((id) => !actions.some((action) => action.id === id)),
    cases,
    others: lives.filter((each) => each !== life),
  };
}

async function notRecorded(
  { clusters }: Stores,
  text: string,
  uid: string | undefined,
  lives: readonly Lifecycle[],
): Promise<string> {
  if (uid !== undefined && lives.length > 0) {
    return `pod ${text} with uid "${uid}" is not recorded; recorded: ${lives.map(({ pod }) => pod.uid).join(", ")}`;
  }
  const { cluster } = parsePodName(text);
  const { registered } = await clusters.state(cluster);
  if (registered === undefined) return `cluster ${cluster} is not registered (${await registeredWords(clusters)})`;
  return `pod ${text} is not recorded: no pod of that name became ready, sick or gone while its cluster was watched, or it is gone for more than 30 days`;
}
