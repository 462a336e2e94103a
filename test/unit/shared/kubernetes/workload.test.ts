import { describe, expect, it } from "vitest";
import { workloadFromRaw } from "../../../../shared/kubernetes/workload.ts";

const template = (podSpec: object) => ({ spec: { template: { spec: podSpec } } });

describe("workloadFromRaw", () => {
  it("knows a template that names its node", () => {
    const hostname = { key: "kubernetes.io/hostname", operator: "In", values: ["n1"] };
    const affinity = (term: object) => ({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
    });
    for (const podSpec of [
      { nodeName: "n1" },
      { nodeSelector: { "kubernetes.io/hostname": "n1" } },
      affinity({ matchExpressions: [hostname] }),
      affinity({ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }),
    ]) {
      expect(workloadFromRaw("ReplicaSet", template(podSpec)).templateNamesNode).toBe(true);
    }
    expect(workloadFromRaw("ReplicaSet", template({ nodeSelector: { disk: "ssd" } })).templateNamesNode).toBe(false);
  });

  it("reads a Deployment without a strategy as a rolling update, as the API server defaults it", () => {
    expect(workloadFromRaw("Deployment", {}).strategy).toBe("RollingUpdate");
    expect(workloadFromRaw("Deployment", { spec: { strategy: { type: "Recreate" } } }).strategy).toBe("Recreate");
    expect(workloadFromRaw("ReplicaSet", {})).not.toHaveProperty("strategy");
  });

  it.each([
    [[{ type: "Complete", status: "True" }], true],
    [[{ type: "Failed", status: "True" }], true],
    [[{ type: "Suspended", status: "True" }], false],
    [[], false],
  ])("a Job with conditions %j is finished: %s", (conditions, finished) => {
    expect(workloadFromRaw("Job", { status: { conditions } }).jobFinished).toBe(finished);
  });
});
