import { minutes, seconds } from "../../../shared/time/duration.ts";
import {
  createDaemonSet,
  createDeployment,
  createJob,
  createPersistentVolumeClaim,
  createPod,
  createStatefulSet,
} from "../cluster-model/builder.ts";
import { taint } from "./break-node.ts";
import { deletePod, graceSeconds, hangAndDelete, podRef, runningPod } from "./break-pod.ts";
import type { NamedFailure, Scene } from "./named-failure.ts";

const longAgoMs = 11 * 60_000;
const healer = "terminating-reaper";
const podSpec = { terminationGracePeriodSeconds: graceSeconds };
/** Workloads of one pod that the demo breaks alone live here. */
const onNode = (name: string) => ({ ...podSpec, nodeSelector: { "kubernetes.io/hostname": name } });

const spread = (name: string): NonNullable<NamedFailure["past"]> => [
  {
    agoMs: longAgoMs,
    happen: ({ north }) => createDeployment(north, { name, namespace: "shop", replicas: 5, podSpec }),
  },
];

/** The kubelet of north-1 hangs, while its heartbeat goes on: the node calls itself Ready and does nothing. */
const onFrozenNode =
  (app: string) =>
  async ({ model }: Scene) => {
    model.kubelet("north-1").freeze({ keepLease: true });
    return deletePod(model, runningPod(model, "shop", app, "north-1"));
  };

/** Pods that hang in Terminating: which may be forced away, and which not. */
export const terminatingFailures: readonly NamedFailure[] = [
  {
    name: "stuck-on-a-frozen-node",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck Terminating",
    healer,
    expected: { verdict: "heal", reason: "OverdueOnReadyNode" },
    past: spread("web"),
    // Its node may be claimed at that moment: then the next try waits for the end of a lease.
    deadlineMs: minutes(2),
    inject: onFrozenNode("web"),
  },
  {
    name: "second-on-the-same-node",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck Terminating",
    healer,
    expected: { verdict: "heal", reason: "OverdueOnReadyNode" },
    past: spread("api"),
    deadlineMs: seconds(60),
    inject: onFrozenNode("api"),
  },
  {
    name: "third-on-the-same-node",
    requirement: "S2-03",
    cluster: "north",
    what: "third on its node",
    healer,
    // Its node is handed over, and marked by its own healer: then the pod's replacement cannot come back to it.
    expected: { verdict: "heal", reason: "OverdueOnReadyNode" },
    past: spread("cart"),
    after: ["stuck-on-a-frozen-node", "second-on-the-same-node"],
    deadlineMs: seconds(80),
    inject: onFrozenNode("cart"),
  },
  {
    name: "stateful-pod",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck, stateful",
    healer,
    expected: { verdict: "escalate", reason: "StatefulPod" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ north }) => createStatefulSet(north, { name: "db", namespace: "data", podSpec: onNode("north-2") }),
      },
    ],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "data", "db"),
  },
  {
    name: "job-pod",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck, of a Job",
    healer,
    expected: { verdict: "escalate", reason: "JobPod" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ north }) => createJob(north, { name: "nightly", namespace: "data", podSpec: onNode("north-2") }),
      },
    ],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "data", "nightly"),
  },
  {
    name: "pod-with-a-volume",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck, a volume",
    healer,
    expected: { verdict: "escalate", reason: "HasVolumeClaim" },
    past: [
      {
        agoMs: longAgoMs,
        happen({ north }) {
          const claimName = "uploads";
          createPersistentVolumeClaim(north, { name: claimName, namespace: "data" });
          const volumes = [{ name: "data", persistentVolumeClaim: { claimName } }];
          createDeployment(north, { name: "files", namespace: "data", podSpec: { ...onNode("north-2"), volumes } });
        },
      },
    ],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "data", "files"),
  },
  {
    name: "finalizer-holds",
    requirement: "S0-44",
    cluster: "north",
    what: "a finalizer holds",
    healer,
    expected: { verdict: "escalate", reason: "FinalizersHold" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ north }) =>
          createPod(north, {
            name: "export",
            namespace: "data",
            finalizers: ["backup.example.com/upload"],
            podSpec: onNode("north-2"),
          }),
      },
    ],
    deadlineMs: seconds(60),
    inject: async ({ model }) => deletePod(model, runningPod(model, "data", "export")),
  },
  {
    name: "opted-out",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck, opted out",
    healer,
    expected: { verdict: "leave", reason: "OptedOut" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ north }) =>
          createDeployment(north, {
            name: "ledger",
            namespace: "shop",
            annotations: { "knitbone.io/heal": "off" },
            podSpec: onNode("north-2"),
          }),
      },
    ],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "shop", "ledger"),
  },
  {
    name: "daemonset-pod",
    requirement: "S0-44",
    cluster: "north",
    what: "stuck, DaemonSet",
    healer,
    expected: { verdict: "leave", reason: "DaemonSetPod" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ north }) => createDaemonSet(north, { name: "agent", namespace: "ops", podSpec }),
      },
    ],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "ops", "agent", "north-2"),
  },
  {
    name: "node-in-other-hands",
    requirement: "X-07",
    cluster: "north",
    what: "stuck, Karpenter",
    healer,
    expected: { verdict: "leave", reason: "ForeignRemediator" },
    past: spread("mail"),
    // Karpenter's taint holds back what is done on its node to others, too.
    after: ["evicted-residue"],
    deadlineMs: seconds(60),
    async inject(scene) {
      const { model } = scene;
      taint(model, "north-3", "karpenter", { key: "karpenter.sh/disrupted", effect: "NoSchedule" });
      return hangAndDelete(scene, "shop", "mail", "north-3");
    },
  },
  {
    name: "open-incident",
    requirement: "X-12",
    cluster: "north",
    what: "stuck, zone fails",
    healer,
    expected: { verdict: "wait", reason: "IncidentOpen" },
    deadlineMs: seconds(60),
    async inject(scene) {
      const { incidents, clock } = scene;
      await incidents.open({
        id: "north-zone-c-power",
        cluster: "north",
        kind: "zone",
        key: "north-c",
        reason: "ZonePower",
        message: "zone north-c loses power; its provider is at work",
        openedAt: clock.now(),
      });
      return hangAndDelete(scene, "shop", "mail", "north-5");
    },
  },
  {
    name: "node-object-gone",
    requirement: "S0-54",
    cluster: "south",
    what: "stuck, node gone",
    healer,
    expected: { verdict: "wait", reason: "NodeGone" },
    past: [
      {
        agoMs: longAgoMs,
        happen: ({ south }) =>
          createDeployment(south, { name: "relay", namespace: "shop", podSpec: onNode("south-4") }),
      },
    ],
    deadlineMs: seconds(60),
    async inject({ model }) {
      // Kubernetes' own PodGC deletes such pods after 40 s, so Knitbone only has that long to say that it leaves them to it.
      const pod = runningPod(model, "shop", "relay");
      model.kubelet("south-4").powerOff();
      deletePod(model, pod);
      const node = model.store.get("nodes", "", "south-4");
      if (node) model.as("cloud-controller-manager").remove("nodes", node);
      return podRef(pod);
    },
  },
];
