import { memoryReservationStore } from "../fakes/memory-reservation-store.ts";
import { reservationStoreContract } from "./reservation-store.contract.ts";

reservationStoreContract(async () => memoryReservationStore());
