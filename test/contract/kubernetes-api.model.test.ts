import { describe } from "vitest";
import { aCluster } from "../../infra/local/cluster-model/builder.ts";
import { drive } from "../../infra/local/cluster-model/driver.ts";
import { systemClock } from "../../shared/time/system-clock.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { kubernetesApiContract } from "./kubernetes-api.contract.ts";
import { modelDeviations } from "./kubernetes-api.model-deviations.ts";

describe("the cluster model's REST face", () => {
  kubernetesApiContract(async () => {
    const model = aCluster({
      clock: systemClock,
      random: seededRandom(1),
      name: "contract",
      nodes: [],
      nodeMonitorGraceMs: 3_600_000,
    });
    model.api.addToken("contract", "admin");
    const driver = drive([model], systemClock, 20);
    const face = await model.listen();
    return {
      baseUrl: face.url,
      headers: { authorization: "Bearer contract" },
      forgetHistory: async () => model.api.faults.expireHistory(),
      async refuse(refusal) {
        const lift = model.api.refuse(refusal);
        return async () => lift();
      },
      async close() {
        await face.close();
        await driver.stop();
      },
    };
  }, modelDeviations);
});
