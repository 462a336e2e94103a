import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { dynamoCatalogueStore } from "../../shared/catalogue/dynamo-catalogue-store.ts";
import { dynamoUnknownStore } from "../../shared/catalogue/dynamo-unknown-store.ts";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import { dynamoRungRecordStore } from "../../shared/heal/dynamo-rung-record-store.ts";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import { dynamoLifecycleStore } from "../../shared/lifecycle/dynamo-lifecycle-store.ts";
import { tableNames } from "../../shared/store/table-names.ts";
import { openRestingStack, prefixOf, type RestingStack } from "./aws-resting-stack.ts";
import type { Place, Stores } from "./desk.ts";
import { findRunningStack, runningOn } from "./running-stack.ts";
import { UsageError } from "./usage-error.ts";

/** The embedded tables ask for a signature and do not check it. */
const localCredentials = { accessKeyId: "knitbone-cli", secretAccessKey: "local" };

/**
 * The tables of a running local stack, with `state` also of one that has ended, or with `prefix` those of a deployed one, through the usual AWS
 * settings.
 */
export async function awsStores({ state, prefix }: Place): Promise<Stores> {
  if (prefix === undefined) {
    const resting = state === undefined || runningOn(state) ? undefined : await openRestingStack(state);
    if (resting !== undefined) return await restingStores(resting);
    const stack = findRunningStack(state);
    return storesOf(localClient(stack.endpoints.dynamodb, stack.region), stack.prefix, true);
  }
  if (state !== undefined)
    throw new UsageError("--state names a stack of this machine and --prefix a deployed one: give only one");
  return storesOf(dynamoClient(), prefix, false);
}

const localClient = (endpoint: string, region: string) =>
  dynamoClient({ endpoint, region, credentials: localCredentials });

async function restingStores({ endpoint, region, close }: RestingStack): Promise<Stores> {
  try {
    const client = localClient(endpoint, region);
    return { ...storesOf(client, await prefixOf(client), true), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function storesOf(client: ReturnType<typeof dynamoClient>, prefix: string, local: boolean): Stores {
  const tables = tableNames(prefix);
  return {
    flags: dynamoFlagStore(client, tables.flags),
    cases: dynamoCaseStore(client, tables.cases),
    ledger: dynamoLedger(client, tables.actions),
    incidents: dynamoIncidentStore(client, tables.incidents),
    clusters: dynamoClusterStore(client, tables.clusters),
    lifecycles: dynamoLifecycleStore(client, tables.lifecycle),
    catalogue: dynamoCatalogueStore(client, tables.catalogue),
    unknowns: dynamoUnknownStore(client, tables.unknowns),
    rungs: dynamoRungRecordStore(client, tables.budgets),
    local,
  };
}
