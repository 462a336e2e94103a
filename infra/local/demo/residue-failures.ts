import { minutes, seconds } from "../../../shared/time/duration.ts";
import { createDeployment, createJob, createReplicaSet, podsOf } from "../cluster-model/builder.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import type { Pod } from "../cluster-model/objects/pod.ts";
import { eventually, podRef, runningPod } from "./break-pod.ts";
import type { NamedFailure, Scene } from "./named-failure.ts";
import type { PastEvent } from "./stage.ts";

const longAgoMs = minutes(11);
const healer = "orphan-sweeper";
const evictions = 8;
const orphaned = { namespace: "batch", name: "report" };
const looping = { namespace: "batch", app: "runner", node: "north-4" };
/** So many more than the five that are kept that the first one cannot be among them. */
const loopedPods = 12;

function evict(model: ClusterModel, namespace: string, app: string): void {
  const pod = runningPod(model, namespace, app);
  model.kubelet(pod.spec.nodeName ?? "").evictPods((each) => each.metadata.uid === pod.metadata.uid);
}

const failedPods = (model: ClusterModel, namespace: string, app: string): readonly Pod[] =>
  podsOf(model, app, namespace).filter(({ status }) => status?.phase === "Failed");

/** Older first; of one second the one that the sweeper takes for older. */
const ageKey = ({ metadata }: Pod): string => `${metadata.creationTimestamp} ${metadata.uid}`;

const failedPod = (namespace: string, app: string, which: number) => (scene: Scene) =>
  eventually(scene, `a Failed pod of ${namespace}/${app}`, () => {
    const pod = failedPods(scene.model, namespace, app).at(which);
    return pod && podRef(pod);
  });

/** Eight evictions, ten seconds apart, that ended four minutes before anybody looked: the time to live in the lab is three. */
const evictionHistory: readonly PastEvent[] = [
  {
    agoMs: longAgoMs,
    happen: ({ north }) => createDeployment(north, { name: "cache", namespace: "shop", replicas: 3 }),
  },
  ...Array.from(
    { length: evictions },
    (_, index): PastEvent => ({
      agoMs: minutes(4) + (evictions - index) * seconds(10),
      happen: ({ north }) => evict(north, "shop", "cache"),
    }),
  ),
];

/** What failed pods leave behind: what is swept, what is kept, what is stopped at its source. */
export const residueFailures: readonly NamedFailure[] = [
  {
    name: "evicted-residue",
    requirement: "S0-50",
    cluster: "north",
    what: "Evicted, old",
    healer,
    expected: { verdict: "heal", reason: "TimeToLiveOver" },
    past: evictionHistory,
    deadlineMs: seconds(100),
    inject: failedPod("shop", "cache", 0),
  },
  {
    name: "newest-evicted",
    requirement: "S0-50",
    cluster: "north",
    what: "Evicted, new",
    healer,
    expected: { verdict: "leave", reason: "KeptAsEvidence" },
    deadlineMs: seconds(100),
    inject: failedPod("shop", "cache", -1),
  },
  {
    name: "pinned-rejection-loop",
    requirement: "S0-23",
    cluster: "north",
    what: "rejection loop",
    healer,
    expected: { verdict: "escalate", reason: "PinnedRejectionLoop" },
    // What the loop leaves is swept at the same time, three hundred pods of it.
    deadlineMs: seconds(120),
    async inject({ model }) {
      const { namespace, app: name, node: nodeName } = looping;
      // More than its node holds, and the template names the node: every rejected pod is made again at once.
      const deployment = createDeployment(model, { name, namespace, replicas: 8, podSpec: { nodeName } });
      return { kind: "Deployment", namespace, name, uid: deployment.metadata.uid };
    },
    // The team reads what it was told.
    afterwards({ model }) {
      const deployment = model.store.get("deployments", looping.namespace, looping.app);
      if (!deployment) return;
      model.as("team").modify("deployments", deployment, "", ({ spec }) => {
        spec.replicas = 2;
      });
    },
  },
  {
    name: "rejection-residue",
    requirement: "S0-51",
    cluster: "north",
    what: "OutOfpods, old",
    healer,
    expected: { verdict: "heal", reason: "LoopTimeToLiveOver" },
    deadlineMs: seconds(100),
    inject: (scene) =>
      eventually(scene, "a rejection loop", () => {
        const pods = failedPods(scene.model, looping.namespace, looping.app);
        const [first] = pods.toSorted((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
        return pods.length >= loopedPods && first ? podRef(first) : undefined;
      }),
  },
  {
    name: "orphan",
    requirement: "S0-10",
    cluster: "south",
    what: "owner is gone",
    healer,
    // Three looks, 45 s apart, come before anybody is told: longer than this demo.
    expected: { verdict: "wait", reason: "OwnerMissing" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ south }) => createReplicaSet(south, { ...orphaned, replicas: 1 }),
      },
      // A garbage collector that stands still, and somebody who deletes a ReplicaSet.
      {
        agoMs: minutes(2),
        happen({ south }) {
          south.switchController("garbage-collector", false);
          const replicaSet = south.store.get("replicasets", orphaned.namespace, orphaned.name);
          if (replicaSet) south.as("team").remove("replicasets", replicaSet);
        },
      },
    ],
    deadlineMs: seconds(60),
    inject: (scene) =>
      eventually(scene, "an orphan", () => podRef(runningPod(scene.model, orphaned.namespace, orphaned.name))),
  },
  {
    name: "pod-of-an-unfinished-job",
    requirement: "S0-51",
    cluster: "south",
    what: "Evicted, of a Job",
    healer,
    expected: { verdict: "leave", reason: "JobUnfinished" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ south }) => createJob(south, { name: "import", namespace: "data" }),
      },
    ],
    deadlineMs: seconds(100),
    async inject(scene) {
      evict(scene.model, "data", "import");
      return failedPod("data", "import", 0)(scene);
    },
  },
];
