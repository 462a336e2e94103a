import { afterAll } from "vitest";
import { dynamoRowsContract } from "./dynamo-rows.contract.ts";
import { startDynalite } from "./emulators.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

dynamoRowsContract(dynamo);
