import { expect, test } from "vitest";
import { createDeployment, createJob, createStatefulSet } from "../../../../../infra/local/cluster-model/builder.ts";
import { seededRandom } from "../../../../fakes/seeded-random.ts";
import { smallCluster } from "./small-cluster.ts";

async function history(seed: number): Promise<string> {
  const { model, pass } = smallCluster({ random: seededRandom(seed) });
  createDeployment(model, { name: "web", replicas: 3 });
  createStatefulSet(model, { name: "db", replicas: 2 });
  createJob(model, { name: "once", runsForMs: 3_000 });
  await pass(5_000);
  model.kubelet("n1").freeze();
  await pass(90_000, 1_000);
  model.kubelet("n1").thaw();
  await pass(10_000);
  return JSON.stringify([model.api.audit.records, model.store.all("pods"), model.store.all("events")]);
}

test("the same seed gives the same history to the byte, another seed another one", async () => {
  const [first, again, other] = [await history(1), await history(1), await history(2)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});
