import { afterAll, describe } from "vitest";
import { startFauxqs } from "./emulators.ts";
import { eventSourceMappingContract } from "./event-source-mapping.contract.ts";
import { sqsMappingStage } from "./sqs-mapping-stage.ts";

const sqs = await startFauxqs();
afterAll(() => sqs.stop());

// Side by side: the real clock makes each of them slow.
describe.concurrent("on fauxqs, by the real clock", () => {
  eventSourceMappingContract(() => sqsMappingStage(sqs));
});
