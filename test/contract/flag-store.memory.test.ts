import { memoryFlagStore } from "../fakes/memory-flag-store.ts";
import { flagStoreContract } from "./flag-store.contract.ts";

flagStoreContract(async () => memoryFlagStore());
