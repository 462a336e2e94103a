import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { refSchema, rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression, type Row } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import { beganAt, newestLifeFirst } from "./began-at.ts";
import { type Lifecycle, type LifecycleStore, livesOfOneName } from "./lifecycle.ts";
import { mergeLifecycles } from "./merge-lifecycles.ts";

/*
 * Table lifecycle, together with the leaks (`dynamo-leak-store.ts`).
 *   pk = "<cluster>#<pod uid>", sk = "lifecycle"
 *     the members of a lifecycle; podNamespace, podName, endPhase …; heals and exits as lists
 *     version     rises with every write; each write is conditional on it
 *     expiresAt   once the pod is gone
 *   pk = "name#<cluster>#<namespace>/<name>", sk = "<when it began, 15 digits>#<pod uid>"
 *     uid, expiresAt: finds the lives of a name, newest first. Written before the life, so that there is none without its entry; an entry
 *     without a life (a process that died between the two) is passed over, and so is one from before the creation was known
 */
const sk = "lifecycle";

/** How long the life of a pod stays readable after its end. */
const retentionMs = days(30);

/** The messages of one pod are few and spread over its life. */
const maxRaces = 20;

const codec = rowCodec(
  z.object({
    version: z.number(),
    cluster: z.string(),
    pod: refSchema,
    nodeName: z.exactOptional(z.string()),
    owner: z.exactOptional(z.string()),
    createdAt: z.exactOptional(z.number()),
    scheduledAt: z.exactOptional(z.number()),
    startedAt: z.exactOptional(z.number()),
    sandboxAt: z.exactOptional(z.number()),
    firstStartedAt: z.exactOptional(z.number()),
    readyAt: z.exactOptional(z.number()),
    deletionRequestedAt: z.exactOptional(z.number()),
    deletionAt: z.exactOptional(z.number()),
    goneAt: z.exactOptional(z.number()),
    restarts: z.exactOptional(z.number()),
    exits: z.exactOptional(
      z.array(
        z.object({
          container: z.string(),
          at: z.number(),
          exitCode: z.number(),
          reason: z.exactOptional(z.string()),
        }),
      ),
    ),
    end: z.exactOptional(z.object({ phase: z.string(), reason: z.exactOptional(z.string()) })),
    heals: z.exactOptional(z.array(z.string())),
  }),
  ["pod", "end"],
);

const entryCodec = rowCodec(z.object({ uid: z.string() }));

export function dynamoLifecycleStore(client: DynamoDBDocumentClient, tableName: string): LifecycleStore {
  const table = dynamoTable(client, tableName);

  const load = async (cluster: string, podUid: string): Promise<{ version: number; stored?: Lifecycle }> => {
    const row = await table.read({ pk: `${cluster}#${podUid}`, sk });
    if (!row) return { version: 0 };
    const { version, ...stored } = codec.read(table, row);
    return { version, stored };
  };

  const merge = async (given: Lifecycle): Promise<void> => {
    for (let race = 0; race < maxRaces; race++) {
      const { version, stored } = await load(given.cluster, given.pod.uid);
      const merged = mergeLifecycles(stored, given);
      // After a lost race again: ours may have replaced a fuller one.
      if (stored === undefined || race > 0 || !sameEntry(stored, merged)) await table.put(entryOf(merged));
      const written = await table.put(
        {
          pk: `${given.cluster}#${given.pod.uid}`,
          sk,
          version: version + 1,
          ...codec.attributes(merged),
          ...garbage(merged),
        },
        version === 0
          ? expression("attribute_not_exists(#pk)")
          : expression("#version = :version", { ":version": version }),
      );
      if (written === "written") return;
    }
    throw new KnitboneError(
      "StoreUnavailable",
      `writing table ${tableName}: the life of pod ${given.pod.uid} lost ${maxRaces} races`,
      { retryable: true },
    );
  };

  return {
    record: merge,
    recordHeal: (cluster, pod, actionId) => merge({ cluster, pod, heals: [actionId] }),
    read: async (cluster, podUid) => (await load(cluster, podUid)).stored,
    async ofName(cluster, namespace, name) {
      const uids = new Set<string>();
      const entries = table.query({ pk: namePk(cluster, namespace, name), consistent: true, newestFirst: true });
      for await (const row of entries) {
        uids.add(entryCodec.read(table, row).uid);
        if (uids.size === livesOfOneName) break;
      }
      const rows = await table.readMany([...uids].map((uid) => ({ pk: `${cluster}#${uid}`, sk })));
      return rows.map((row) => lifeOf(codec.read(table, row))).sort(newestLifeFirst);
    },
  };
}

function lifeOf({ version: _, ...life }: Lifecycle & { readonly version: number }): Lifecycle {
  return life;
}

function garbage({ goneAt }: Lifecycle): object {
  return goneAt === undefined ? {} : expiresAt(goneAt, retentionMs);
}

function namePk(cluster: string, namespace: string, name: string): string {
  return `name#${cluster}#${namespace}/${name}`;
}

function entryOf(life: Lifecycle): Row {
  const { namespace, name, uid } = life.pod;
  return {
    pk: namePk(life.cluster, namespace, name),
    sk: `${String(beganAt(life)).padStart(15, "0")}#${uid}`,
    uid,
    ...garbage(life),
  };
}

function sameEntry(a: Lifecycle, b: Lifecycle): boolean {
  return beganAt(a) === beganAt(b) && a.goneAt === b.goneAt;
}
