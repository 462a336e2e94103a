import { hours, minutes, seconds } from "../../../shared/time/duration.ts";
import { createDeployment } from "../cluster-model/builder.ts";
import { becomes, cordon, nodeRef, taint } from "./break-node.ts";
import { deletePod, graceSeconds, runningPod } from "./break-pod.ts";
import type { NamedFailure } from "./named-failure.ts";

const nodes = "notready-handler";
const cluster = "east";
const repairs = new Map<string, () => void>();
const repair = (node: string) => () => repairs.get(node)?.();

/** A workload of one pod on the node that will break. */
const workloadOn = (name: string, node: string): NonNullable<NamedFailure["past"]> => [
  {
    agoMs: minutes(11),
    happen: ({ east }) => {
      const nodeSelector = { "kubernetes.io/hostname": node };
      const podSpec = { terminationGracePeriodSeconds: graceSeconds, nodeSelector };
      createDeployment(east, { name, namespace: "shop", podSpec });
    },
  },
];

/** Nodes that are not Ready, on both ladders: what is waited for, marked, put out of service and given back. At most two at the same time. */
export const ladderFailures: readonly NamedFailure[] = [
  {
    name: "cordoned-and-sick",
    requirement: "X-07",
    cluster,
    what: "sick, cordoned",
    healer: nodes,
    expected: { verdict: "leave", reason: "Cordoned" },
    deadlineMs: seconds(60),
    async inject({ model }) {
      cordon(model, "east-1", true);
      repairs.set("east-1", model.kubelet("east-1").runtimeDown());
      return nodeRef(model, "east-1");
    },
    afterwards({ model }) {
      repair("east-1")();
      cordon(model, "east-1", false);
    },
  },
  {
    name: "pleg-is-late",
    requirement: "S0-61",
    cluster,
    what: "PLEG is late",
    healer: nodes,
    // The kubelet complains from three minutes on, and may come round within six.
    expected: { verdict: "wait", reason: "PlegWatched" },
    deadlineMs: seconds(60),
    async inject({ model }) {
      repairs.set("east-2", model.kubelet("east-2").hangPleg(minutes(3) + seconds(5)));
      return nodeRef(model, "east-2");
    },
    afterwards: repair("east-2"),
  },
  {
    name: "pleg-hangs",
    requirement: "S2-06",
    cluster,
    what: "PLEG hangs",
    healer: nodes,
    expected: { verdict: "heal", reason: "NotReadyPleg" },
    past: workloadOn("relay", "east-3"),
    after: ["cordoned-and-sick", "pleg-is-late"],
    deadlineMs: seconds(120),
    async inject({ model }) {
      repairs.set("east-3", model.kubelet("east-3").hangPleg(hours(58)));
      return nodeRef(model, "east-3");
    },
  },
  {
    name: "stuck-on-a-node-that-is-not-ready",
    requirement: "S0-47",
    cluster,
    what: "stuck, PLEG hung",
    healer: "terminating-reaper",
    expected: { verdict: "heal", reason: "OverdueOnNotReadyNode" },
    after: ["cordoned-and-sick", "pleg-is-late"],
    deadlineMs: seconds(60),
    async inject(scene) {
      await becomes(scene, "east-3", "False");
      return deletePod(scene.model, runningPod(scene.model, "shop", "relay"));
    },
  },
  {
    name: "given-back",
    requirement: "X-07",
    cluster,
    what: "well, marked",
    healer: nodes,
    expected: { verdict: "heal", reason: "StayedWell" },
    shows: "givenBack",
    after: ["pleg-hangs", "stuck-on-a-node-that-is-not-ready"],
    deadlineMs: seconds(150),
    async inject(scene) {
      repair("east-3")();
      await becomes(scene, "east-3", "True");
      return nodeRef(scene.model, "east-3");
    },
  },
  {
    name: "silent-node",
    requirement: "S3-07",
    cluster,
    what: "node is silent",
    healer: nodes,
    expected: { verdict: "heal", reason: "NodeSilent" },
    past: workloadOn("far", "east-20"),
    after: ["cordoned-and-sick", "pleg-is-late"],
    deadlineMs: seconds(150),
    async inject(scene) {
      scene.model.kubelet("east-20").powerOff();
      await becomes(scene, "east-20", "Unknown");
      return nodeRef(scene.model, "east-20");
    },
  },
  {
    name: "stuck-on-a-silent-node",
    requirement: "S0-54",
    cluster,
    what: "stuck, no kubelet",
    healer: "terminating-reaper",
    expected: { verdict: "heal", reason: "OverdueOnSilentNode" },
    after: ["cordoned-and-sick", "pleg-is-late"],
    deadlineMs: seconds(60),
    async inject(scene) {
      await becomes(scene, "east-20", "Unknown");
      return deletePod(scene.model, runningPod(scene.model, "shop", "far"));
    },
  },
  {
    name: "shut-down-by-its-cloud",
    requirement: "S3-07",
    cluster,
    what: "machine is off",
    healer: nodes,
    expected: { verdict: "heal", reason: "ShutdownProven" },
    shows: "outOfService",
    after: ["silent-node", "stuck-on-a-silent-node"],
    deadlineMs: seconds(120),
    async inject({ model }) {
      const key = "node.cloudprovider.kubernetes.io/shutdown";
      taint(model, "east-20", "cloud-controller-manager", { key, effect: "NoSchedule" });
      return nodeRef(model, "east-20");
    },
  },
];
