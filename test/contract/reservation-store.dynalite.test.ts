import { afterAll } from "vitest";
import { dynamoReservationStore } from "../../shared/capacity/dynamo-reservation-store.ts";
import { startDynalite } from "./emulators.ts";
import { reservationStoreContract } from "./reservation-store.contract.ts";

const dynamo = await startDynalite();
afterAll(() => dynamo.stop());

reservationStoreContract(async () => dynamoReservationStore(dynamo.client, await dynamo.createTable()));
