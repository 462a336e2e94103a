import { memoryCaseStore } from "../fakes/memory-case-store.ts";
import { caseStoreContract } from "./case-store.contract.ts";

caseStoreContract(async () => memoryCaseStore());
