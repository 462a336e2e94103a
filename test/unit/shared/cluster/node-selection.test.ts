import { describe, expect, it } from "vitest";
import { admitsNode } from "../../../../shared/cluster/node-selection.ts";

const node = { metadata: { name: "n1", labels: { disk: "ssd", "kubernetes.io/os": "linux" } } };
const required = (...nodeSelectorTerms: readonly object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const expression = (key: string, operator: string, ...values: readonly string[]) => ({ key, operator, values });

describe("what a pod's own selectors say of a node", () => {
  it.each<[string, object, boolean]>([
    ["nothing asked", {}, true],
    ["every label of its selector", { nodeSelector: { disk: "ssd", "kubernetes.io/os": "linux" } }, true],
    ["another value", { nodeSelector: { disk: "hdd" } }, false],
    ["a label that is not there", { nodeSelector: { constructor: "x" } }, false],
    ["an expression", required({ matchExpressions: [expression("disk", "In", "hdd", "ssd")] }), true],
    [
      "one of several terms",
      required(
        { matchExpressions: [expression("gpu", "Exists")] },
        { matchExpressions: [expression("gpu", "DoesNotExist")] },
      ),
      true,
    ],
    [
      "all expressions of a term",
      required({ matchExpressions: [expression("disk", "Exists"), expression("gpu", "Exists")] }),
      false,
    ],
    ["its name", required({ matchFields: [expression("metadata.name", "In", "n2")] }), false],
    [
      "its name and a label",
      required({
        matchFields: [expression("metadata.name", "In", "n1")],
        matchExpressions: [expression("disk", "Exists")],
      }),
      true,
    ],
    ["what we cannot read", required({ matchExpressions: [expression("cores", "Gt", "4")] }), false],
    ["an empty term", required({}), false],
    ["no term", required(), false],
    [
      "only a preference",
      { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } },
      true,
    ],
  ])("%s", (_, spec, admits) => {
    expect(admitsNode(spec as Record<string, unknown>, node)).toBe(admits);
  });
});
