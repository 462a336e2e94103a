import { memoryLeakStore } from "../fakes/memory-leak-store.ts";
import { leakStoreContract } from "./leak-store.contract.ts";

leakStoreContract(async () => memoryLeakStore());
