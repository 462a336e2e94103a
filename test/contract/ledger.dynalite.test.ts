import { afterAll } from "vitest";
import { dynamoLedger } from "../../shared/ledger/dynamo-ledger.ts";
import { startDynalite } from "./emulators.ts";
import { ledgerContract } from "./ledger.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

ledgerContract(async () => dynamoLedger(dynamo.client, await dynamo.createTable()));
