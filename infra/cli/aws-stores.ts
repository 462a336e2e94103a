import { dynamoCaseStore } from "../../shared/case/dynamo-case-store.ts";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { dynamoFlagStore } from "../../shared/flag/dynamo-flag-store.ts";
import { dynamoIncidentStore } from "../../shared/incident/dynamo-incident-store.ts";
import { dynamoClient } from "../../shared/lambda/dynamo-client.ts";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import { tableNames } from "../../shared/store/table-names.ts";
import type { Place, Stores } from "./desk.ts";
import { findRunningStack } from "./running-stack.ts";
import { UsageError } from "./usage-error.ts";

/** The embedded tables ask for a signature and do not check it. */
const localCredentials = { accessKeyId: "knitbone-cli", secretAccessKey: "local" };

/** The tables of a running local stack, or with `prefix` those of a deployed one, through the usual AWS settings. */
export async function awsStores({ state, prefix }: Place): Promise<Stores> {
  if (prefix === undefined) {
    const stack = findRunningStack(state);
    const client = dynamoClient({
      endpoint: stack.endpoints.dynamodb,
      region: stack.region,
      credentials: localCredentials,
    });
    return storesOf(client, stack.prefix, true);
  }
  if (state !== undefined)
    throw new UsageError("--state names a stack of this machine and --prefix a deployed one: give only one");
  return storesOf(dynamoClient(), prefix, false);
}

function storesOf(client: ReturnType<typeof dynamoClient>, prefix: string, local: boolean): Stores {
  const tables = tableNames(prefix);
  return {
    flags: dynamoFlagStore(client, tables.flags),
    cases: dynamoCaseStore(client, tables.cases),
    ledger: dynamoLedger(client, tables.actions),
    incidents: dynamoIncidentStore(client, tables.incidents),
    clusters: dynamoClusterStore(client, tables.clusters),
    local,
  };
}
