import { seconds } from "../../../shared/time/duration.ts";
import { createDeployment, podsOf } from "../cluster-model/builder.ts";
import { eventually, podRef } from "./break-pod.ts";
import type { NamedFailure } from "./named-failure.ts";

const image = "mirror.example/app:1.0";
const nodes = ["north-2", "north-3", "north-5"];
const app = (node: string) => `reader-on-${node}`;
const words = `failed to resolve reference "${image}": unexpected status from HEAD request to https://mirror.example/v2/app/manifests/1.0: 503 Service Unavailable`;

const repairs: (() => void)[] = [];

/** What fails at several places at once for one reason: one incident, and nobody is touched. */
export const sharedCauseFailures: readonly NamedFailure[] = [
  {
    name: "registry-outage",
    requirement: "S0-32",
    cluster: "north",
    what: "registry fails",
    healer: "dependency-watch",
    expected: { verdict: "wait", reason: "RegistrySuspected" },
    deadlineMs: seconds(60),
    async inject(scene) {
      const { model } = scene;
      for (const node of nodes) {
        const ours = app(node);
        repairs.push(model.kubelet(node).failImages(words, ({ metadata }) => metadata.labels?.["app"] === ours));
        const nodeSelector = { "kubernetes.io/hostname": node };
        const podSpec = { nodeSelector, containers: [{ name: "app", image }] };
        createDeployment(model, { name: ours, namespace: "shop", podSpec });
      }
      return eventually(scene, "a pod that waits for its image", () => {
        const pod = podsOf(model, app("north-2"), "shop").find(
          ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImagePull",
        );
        return pod && podRef(pod);
      });
    },
    afterwards: () => {
      for (const repair of repairs.splice(0)) repair();
    },
  },
];
