import { seconds } from "../../../shared/time/duration.ts";
import { createDeployment } from "../cluster-model/builder.ts";
import { eventually, graceSeconds, hangAndDelete } from "./break-pod.ts";
import type { NamedFailure } from "./named-failure.ts";

const failing = ["south-2", "south-3", "south-5"];

/** Three of five nodes fail together: whoever heals now may be the one who cannot see. After the others of its cluster, as it holds them all. */
export function stormFailure(after: readonly string[]): NamedFailure {
  const broken: (() => void)[] = [];
  return {
    name: "storm",
    requirement: "S2-02",
    cluster: "south",
    what: "stuck in a storm",
    healer: "terminating-reaper",
    expected: { verdict: "wait", reason: "StormBrake" },
    past: [
      {
        agoMs: 11 * 60_000,
        happen: ({ south }) =>
          createDeployment(south, {
            name: "web",
            namespace: "shop",
            replicas: 5,
            podSpec: { terminationGracePeriodSeconds: graceSeconds },
          }),
      },
    ],
    after,
    deadlineMs: seconds(60),
    async inject(scene) {
      const { model, clusters } = scene;
      for (const node of failing) broken.push(model.kubelet(node).runtimeDown());
      // The forwarder's next report, and the dispatcher's brake row made of it.
      await eventually(scene, "the storm brake", async () =>
        (await clusters.state("south")).brake?.state === "frozen" ? true : undefined,
      );
      return hangAndDelete(scene, "shop", "web");
    },
    afterwards() {
      for (const undo of broken.splice(0)) undo();
    },
  };
}
