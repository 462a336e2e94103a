import { memoryIncidentStore } from "../fakes/memory-incident-store.ts";
import { incidentStoreContract } from "./incident-store.contract.ts";

incidentStoreContract(async () => memoryIncidentStore());
