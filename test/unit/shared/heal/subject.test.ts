import { describe, expect, it } from "vitest";
import { observeSubject } from "../../../../shared/heal/subject.ts";
import { aNamespace } from "../../../build/namespace.ts";
import { aNode } from "../../../build/node.ts";
import { anOverduePod, anOwnerRef } from "../../../build/pod.ts";
import { aReplicaSet } from "../../../build/workload.ts";
import { fakeCluster } from "../../../fakes/fake-cluster.ts";
import { manualClock } from "../../../fakes/manual-clock.ts";

describe("the owners of a pod", () => {
  it("are not all known when somebody stands above the fifth", async () => {
    const cluster = fakeCluster("eu-1", manualClock());
    cluster.putNode(aNode());
    cluster.putNamespace(aNamespace({ name: "shop" }));
    for (let level = 1; level <= 6; level++) {
      const owner = anOwnerRef({ kind: "ReplicaSet", name: `level-${level + 1}` });
      cluster.putWorkload(aReplicaSet({ name: `level-${level}`, owner }));
    }
    const pod = anOverduePod({ owner: anOwnerRef({ kind: "ReplicaSet", name: "level-1" }) });
    cluster.putPod(pod);
    const subject = await observeSubject(cluster, pod.ref);
    expect(subject?.owners).toMatchObject({ kind: "unknownKind", owner: { name: "level-6" } });
  });
});
