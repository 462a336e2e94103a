import { afterAll } from "vitest";
import { dynamoRungRecordStore } from "../../shared/heal/dynamo-rung-record-store.ts";
import { startDynalite } from "./emulators.ts";
import { rungRecordStoreContract } from "./rung-record-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

rungRecordStoreContract(async () => dynamoRungRecordStore(dynamo.client, await dynamo.createTable()));
