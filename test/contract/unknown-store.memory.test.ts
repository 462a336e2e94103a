import { memoryUnknownStore } from "../fakes/memory-unknown-store.ts";
import { unknownStoreContract } from "./unknown-store.contract.ts";

unknownStoreContract(async () => memoryUnknownStore());
