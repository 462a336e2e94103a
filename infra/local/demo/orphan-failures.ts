import { minutes } from "../../../shared/time/duration.ts";
import { createReplicaSet } from "../cluster-model/builder.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import { eventually, podRef, runningPod } from "./break-pod.ts";
import type { NamedFailure } from "./named-failure.ts";

/** A garbage collector that stands still, and somebody who deletes a ReplicaSet. */
function orphan(model: ClusterModel, namespace: string, name: string): void {
  model.switchController("garbage-collector", false);
  const replicaSet = model.store.get("replicasets", namespace, name);
  if (replicaSet) model.as("team").remove("replicasets", replicaSet);
}

const orphaned = (
  name: string,
  { namespace, wish, what }: { readonly namespace: string; readonly wish?: string; readonly what: string },
  expected: NamedFailure["expected"],
): NamedFailure => ({
  name,
  requirement: "S0-10",
  cluster: "west",
  what,
  healer: "orphan-sweeper",
  expected,
  past: [
    {
      agoMs: minutes(11),
      happen({ west }) {
        if (wish !== undefined) {
          const annotations = { "knitbone.io/orphans": wish };
          west.as("team").create("namespaces", "", { metadata: { name: namespace, annotations } });
        }
        createReplicaSet(west, { namespace, name: "report" });
      },
    },
    { agoMs: minutes(2), happen: ({ west }) => orphan(west, namespace, "report") },
  ],
  // Three looks, 45 s apart, come before anything.
  deadlineMs: minutes(3),
  inject: (scene) => eventually(scene, "an orphan", () => podRef(runningPod(scene.model, namespace, "report"))),
});

/** Pods whose owner is gone, looked at three times: told of, or evicted where their namespace asks for it. */
export const orphanFailures: readonly NamedFailure[] = [
  orphaned(
    "orphan-that-is-told-of",
    { namespace: "reports", what: "owner gone, kept" },
    { verdict: "escalate", reason: "OwnerGone" },
  ),
  orphaned(
    "orphan-that-nobody-wants",
    { namespace: "scratch", wish: "delete", what: "owner gone, asked" },
    { verdict: "heal", reason: "OrphanUnwanted" },
  ),
];
