import { memoryRungRecordStore } from "../fakes/memory-rung-record-store.ts";
import { rungRecordStoreContract } from "./rung-record-store.contract.ts";

rungRecordStoreContract(async () => memoryRungRecordStore());
