import { sameJson } from "../objects/json.ts";
import type { Node } from "../objects/node.ts";
import { isPodReady, isTerminal, isTerminating, type NodeSelector, type Pod, type Taint } from "../objects/pod.ts";
import type { DaemonSet } from "../objects/workload.ts";
import { matchesNode, toleratedMs } from "../pod-resources.ts";
import { type Controller, type ControllerParts, podFrom, whenChanged } from "./controller.ts";

/** What every daemon pod tolerates (`AddOrUpdateDaemonPodTolerations`). */
const tolerations = [
  ...["not-ready", "unreachable"].map((key) => ({ key: `node.kubernetes.io/${key}`, effect: "NoExecute" as const })),
  ...["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    effect: "NoSchedule" as const,
  })),
].map((each) => ({ ...each, operator: "Exists" as const }));

/** One pod on every node that its template fits; the scheduler binds it through an affinity to the node's name. */
export function daemonSetController({ store, actor, record, podsByOwner }: ControllerParts): Controller {
  return whenChanged(store, ["daemonsets", "nodes", "pods"], (now) => {
    for (const set of store.all("daemonsets")) {
      if (!isTerminating(set)) adjust(set, now);
      report(set);
    }
    return undefined;
  });

  function adjust(set: DaemonSet, now: number): void {
    const pods = podsByOwner().get(set.metadata.uid) ?? [];
    for (const node of store.sorted("nodes")) {
      const here = pods.filter((pod) => targetOf(pod) === node.metadata.name);
      const finished = here.find((pod) => isTerminal(pod) && !isTerminating(pod));
      if (finished) {
        const message = `Found failed daemon pod ${finished.metadata.namespace}/${finished.metadata.name} on node ${node.metadata.name}, will try to kill it`;
        record(set, { type: "Warning", reason: "FailedDaemonPod", message }, now);
        actor.remove("pods", finished, { preconditions: { uid: finished.metadata.uid } });
        continue;
      }
      if (here.length > 0 || !belongs(set, node)) continue;
      const pod = actor.create("pods", set.metadata.namespace ?? "", pinned(set, node));
      if (pod)
        record(set, { type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod.metadata.name}` }, now);
    }
  }

  function report(set: DaemonSet): void {
    const pods = (podsByOwner().get(set.metadata.uid) ?? []).filter((pod) => !isTerminating(pod));
    const wanted = store.all("nodes").filter((node) => belongs(set, node)).length;
    const ready = pods.filter(isPodReady).length;
    const status = {
      currentNumberScheduled: pods.length,
      numberMisscheduled: 0,
      desiredNumberScheduled: wanted,
      numberReady: ready,
      observedGeneration: set.metadata.generation ?? 1,
      ...(pods.length > 0 ? { updatedNumberScheduled: pods.length } : {}),
      ...(ready > 0 ? { numberAvailable: ready } : {}),
      ...(wanted > ready ? { numberUnavailable: wanted - ready } : {}),
    };
    if (sameJson(set.status, status)) return;
    actor.setStatus("daemonsets", set, status);
  }
}

function pinned(set: DaemonSet, node: Node) {
  const draft = podFrom(set, set.spec.template);
  const onlyThere: NodeSelector = {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node.metadata.name] }] }],
  };
  return {
    metadata: draft.metadata,
    spec: {
      ...draft.spec,
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: onlyThere } },
      tolerations: [...(draft.spec.tolerations ?? []), ...tolerations],
    },
  };
}

/** The node that a daemon pod is meant for, bound or not. */
function targetOf(pod: Pod): string | undefined {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? pod.spec.nodeName;
}

function belongs(set: DaemonSet, node: Node): boolean {
  const { spec } = set.spec.template;
  const own = [...(spec.tolerations ?? []), ...tolerations];
  const stands = (taint: Taint) => taint.effect === "PreferNoSchedule" || toleratedMs(taint, own) > 0;
  // A node that is not ready is no place to begin, but the taint that says so does not end a pod that is there.
  const ignored = (taint: Taint) => taint.key === "node.kubernetes.io/not-ready" && taint.effect === "NoSchedule";
  const probe = { spec } as Pod;
  return matchesNode(probe, node) && (node.spec.taints ?? []).every((taint) => ignored(taint) || stands(taint));
}
