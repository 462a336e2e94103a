import { afterAll } from "vitest";
import { dynamoClusterStore } from "../../shared/cluster/dynamo-cluster-store.ts";
import { clusterStoreContract } from "./cluster-store.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

clusterStoreContract(async () => dynamoClusterStore(dynamo.client, await dynamo.createTable()));
