import { memoryLifecycleStore } from "../fakes/memory-lifecycle-store.ts";
import { lifecycleStoreContract } from "./lifecycle-store.contract.ts";

lifecycleStoreContract(async () => memoryLifecycleStore());
