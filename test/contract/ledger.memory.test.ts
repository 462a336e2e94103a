import { memoryLedger } from "../fakes/memory-ledger.ts";
import { ledgerContract } from "./ledger.contract.ts";

ledgerContract(async () => memoryLedger());
