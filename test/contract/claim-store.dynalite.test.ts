import { afterAll } from "vitest";
import { dynamoClaimStore } from "../../shared/case/dynamo-claim-store.ts";
import { claimStoreContract } from "./claim-store.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

claimStoreContract(async () => dynamoClaimStore(dynamo.client, await dynamo.createTable()));
