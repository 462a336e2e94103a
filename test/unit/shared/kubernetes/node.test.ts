import { describe, expect, it } from "vitest";
import {
  isControlPlane,
  isVirtual,
  luresReplacements,
  nodeFromRaw,
  poolOf,
  readyStatus,
} from "../../../../shared/kubernetes/node.ts";
import { aNode } from "../../../build/node.ts";
import { aPod } from "../../../build/pod.ts";

const taint = (key: string, effect: string) => ({ key, value: "", effect });

describe("luresReplacements", () => {
  it("says yes for a node that takes the pod", () => {
    expect(luresReplacements(aNode(), aPod())).toBe(true);
  });

  it.each([
    ["a cordon", aNode({ unschedulable: true })],
    ["a NoSchedule taint", aNode({ taints: [taint("broken", "NoSchedule")] })],
    ["a NoExecute taint", aNode({ taints: [taint("broken", "NoExecute")] })],
  ])("says no for %s", (_, node) => {
    expect(luresReplacements(node, aPod())).toBe(false);
  });

  it("is not fooled by a preference or by a taint that the pod tolerates", () => {
    expect(luresReplacements(aNode({ taints: [taint("x", "PreferNoSchedule")] }), aPod())).toBe(true);
    const tolerated = aNode({ taints: [taint("node.kubernetes.io/unreachable", "NoExecute")] });
    expect(luresReplacements(tolerated, aPod())).toBe(true);
  });
});

describe("readyStatus", () => {
  it("reads a node without a Ready condition as Unknown", () => {
    expect(readyStatus(aNode({ conditions: [] }))).toBe("Unknown");
    expect(readyStatus(aNode())).toBe("True");
  });
});

describe("nodeFromRaw", () => {
  it("keeps versions, boot and capacity (S1-01, S2-01)", () => {
    const node = nodeFromRaw({
      metadata: { name: "n1", uid: "u", labels: { "node-role.kubernetes.io/control-plane": "", secret: "CANARY" } },
      spec: { providerID: "aws:///a/i-1", unschedulable: true, taints: [{ key: "k", effect: "NoSchedule" }] },
      status: {
        nodeInfo: { bootID: "b", kubeletVersion: "v1.36.3", containerRuntimeVersion: "containerd://2.1.4" },
        allocatable: { cpu: "3900m", memory: "15Gi", pods: "110" },
      },
    });
    expect(node).toMatchObject({
      bootId: "b",
      kubeletVersion: "v1.36.3",
      unschedulable: true,
      allocatable: { cpu: 3.9, pods: 110 },
      taints: [{ key: "k", value: "", effect: "NoSchedule" }],
    });
    expect(isControlPlane(node)).toBe(true);
    expect(JSON.stringify(node)).not.toContain("CANARY");
  });
});

describe("poolOf", () => {
  it("prefers the cluster's own label, then the well-known ones", () => {
    const node = aNode({ labels: { "karpenter.sh/nodepool": "spot", pool: "blue" } });
    expect(poolOf(node)).toBe("spot");
    expect(poolOf(node, "pool")).toBe("blue");
    expect(poolOf(aNode())).toBe("");
  });
});

describe("isVirtual", () => {
  it("knows Fargate and virtual-kubelet", () => {
    expect(isVirtual(aNode({ labels: { "eks.amazonaws.com/compute-type": "fargate" } }))).toBe(true);
    expect(isVirtual(aNode({ taints: [taint("virtual-kubelet.io/provider", "NoSchedule")] }))).toBe(true);
    expect(isVirtual(aNode())).toBe(false);
  });
});
