import { memoryClusterStore } from "../fakes/memory-cluster-store.ts";
import { clusterStoreContract } from "./cluster-store.contract.ts";

clusterStoreContract(async () => memoryClusterStore());
