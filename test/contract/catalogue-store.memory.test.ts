import { memoryCatalogueStore } from "../fakes/memory-catalogue-store.ts";
import { catalogueStoreContract } from "./catalogue-store.contract.ts";

catalogueStoreContract(async () => memoryCatalogueStore());
