import { memoryClaimStore } from "../fakes/memory-claim-store.ts";
import { claimStoreContract } from "./claim-store.contract.ts";

claimStoreContract(async () => memoryClaimStore());
