import type { DeploymentFacts } from "../../shared/kubernetes/deployment.ts";
import { spillKey } from "../../shared/kubernetes/spill.ts";
import { type ObjectOverrides, overrideObject } from "./overrides.ts";
import { aDeployment } from "./workload.ts";

export const poolLabel = "eks.amazonaws.com/nodegroup";

/** Deployment "shop/web" of pool a, with a settled rollout: three replicas, one of them ready; it asks for another pool. */
export function aPooledDeployment(overrides: ObjectOverrides<DeploymentFacts> = {}): DeploymentFacts {
  return overrideObject<DeploymentFacts>(
    {
      ...aDeployment(),
      annotations: { [spillKey]: "other-pool" },
      generation: 4,
      readyReplicas: 1,
      paused: false,
      rollingOut: false,
      template: { digest: "digest-of-web", nodeSelector: { [poolLabel]: "a" }, bindings: [] },
    },
    overrides,
  );
}

/** Its spill in pool b, as our last write left it: two replicas, both ready. */
export function aSpill(overrides: ObjectOverrides<DeploymentFacts> = {}): DeploymentFacts {
  const original = aPooledDeployment();
  return overrideObject<DeploymentFacts>(
    {
      ...original,
      ref: { ...original.ref, name: "web-spill", uid: `${original.ref.uid}-spill` },
      resourceVersion: "810",
      labels: { [spillKey]: original.ref.uid },
      annotations: {},
      replicas: 2,
      readyReplicas: 2,
      generation: 1,
      template: { digest: "digest-of-web-spill", nodeSelector: { [poolLabel]: "b" }, bindings: [] },
      spill: { of: original.ref.uid, pool: "b", template: original.template.digest, generation: 1 },
    },
    overrides,
  );
}
