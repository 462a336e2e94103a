import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { KnitboneError } from "../errors.ts";
import { refSchema, rowCodec } from "../store/dynamo-row.ts";
import { dynamoTable, expression } from "../store/dynamo-table.ts";
import { expiresAt } from "../store/expires-at.ts";
import { days } from "../time/duration.ts";
import type { Lifecycle, LifecycleStore } from "./lifecycle.ts";
import { mergeLifecycles } from "./merge-lifecycles.ts";

/*
 * Table lifecycle.
 *   pk = "<cluster>#<pod uid>", sk = "lifecycle"
 *   the members of a lifecycle; podNamespace, podName …; heals as a list
 *   version     rises with every write; each write is conditional on it
 *   expiresAt   once the pod is gone
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
    readyAt: z.exactOptional(z.number()),
    deletionAt: z.exactOptional(z.number()),
    goneAt: z.exactOptional(z.number()),
    restarts: z.exactOptional(z.number()),
    heals: z.exactOptional(z.array(z.string())),
  }),
  ["pod"],
);

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
      const written = await table.put(
        {
          pk: `${given.cluster}#${given.pod.uid}`,
          sk,
          version: version + 1,
          ...codec.attributes(merged),
          ...(merged.goneAt === undefined ? {} : expiresAt(merged.goneAt, retentionMs)),
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
  };
}
