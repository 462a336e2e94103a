import { describe, expect, it } from "vitest";
import { observeSpilling } from "../../../../functions/pending-rescheduler/observe-workload.ts";
import { aClusterReader } from "../../../build/cluster-reader.ts";
import { aClusterReport, aStoredReport } from "../../../build/cluster-state.ts";
import { aPooledDeployment, aSpill } from "../../../build/deployment.ts";
import { aKnowledge } from "../../../build/knowledge.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { anOwnerRef, aPod } from "../../../build/pod.ts";
import { aNodeOf, anUnschedulablePod, aPoolReport } from "../../../build/spilling.ts";
import { aReplicaSet } from "../../../build/workload.ts";

const web = aPooledDeployment();
const own = anUnschedulablePod();
const world = (members = {}) => ({
  deployments: [web, aSpill()],
  namespaces: [aNamespace({ name: "shop" })],
  workloads: [aReplicaSet(), aReplicaSet({ name: "api-77", owner: anOwnerRef({ kind: "Deployment", name: "api" }) })],
  pods: [
    own,
    aPod({ name: "runs" }),
    anUnschedulablePod({ name: "api-1", owner: anOwnerRef({ name: "api-77" }) }),
    anUnschedulablePod({ name: "bare", owner: undefined }),
    anUnschedulablePod({ name: "elsewhere", namespace: "other" }),
  ],
  nodes: [aNodeOf("b")],
  ...members,
});
const pools = [aPoolReport("b")];
const known = aKnowledge({ report: aStoredReport({ report: aClusterReport({ pools }) }), poolLabel: "pool" });

describe("what is observed of a workload", () => {
  it("is the Deployment, its own pending pods and its spill, with nodes and pools", async () => {
    const reader = aClusterReader(world());
    expect(await observeSpilling(reader, web.ref, known)).toEqual({
      subject: {
        kind: "workload",
        workload: web,
        namespace: aNamespace({ name: "shop" }),
        pending: [own],
        spill: aSpill(),
      },
      autoscalers: [],
      nodes: [aNodeOf("b")],
      pools,
      poolLabel: "pool",
    });
    expect(reader.reads).toEqual([
      "deployment shop/web",
      "namespace shop",
      "pods shop Pending",
      "deployment shop/web-spill",
      "metadata ReplicaSet shop",
      "autoscalersOf shop/web",
      "nodes",
    ]);
  });

  it("is nothing where it is gone, the name belongs to another, or it is no Deployment", async () => {
    const read = (ref: typeof web.ref) => observeSpilling(aClusterReader(world()), ref, known);
    expect(await read({ ...web.ref, name: "nobody" })).toBeUndefined();
    expect(await read({ ...web.ref, uid: "another" })).toBeUndefined();
    expect(await read({ ...web.ref, kind: "StatefulSet" })).toBeUndefined();
  });

  it("leaves the nodes unread where no pod of it waits, and everything around it where nobody asked", async () => {
    const idle = aClusterReader(world({ pods: [] }));
    await observeSpilling(idle, web.ref, known);
    expect(idle.reads).not.toContain("nodes");
    const plain = aClusterReader(world({ deployments: [aPooledDeployment({ annotations: {} })] }));
    await observeSpilling(plain, web.ref, known);
    expect(plain.reads).not.toContain("nodes");
    expect(plain.reads).not.toContain("autoscalersOf shop/web");
  });
});
