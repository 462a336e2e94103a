import { minutes, seconds } from "../../../shared/time/duration.ts";
import { createDeployment, createPod } from "../cluster-model/builder.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import { graceSeconds, hangAndDelete } from "./break-pod.ts";
import type { NamedFailure } from "./named-failure.ts";

const podSpec = { terminationGracePeriodSeconds: graceSeconds, nodeSelector: { "kubernetes.io/hostname": "north-2" } };
const image = "registry.example/app:1.0";

/** A pod that hangs in Terminating and is never forced away: for which reason, and what makes it so. */
function spared(
  app: string,
  { what, reason, requirement }: { readonly what: string; readonly reason: string; readonly requirement: string },
  make: (north: ClusterModel, shape: { name: string; namespace: string }) => void,
): NamedFailure {
  return {
    name: `stuck-${app}`,
    requirement,
    cluster: "north",
    what,
    healer: "terminating-reaper",
    expected: { verdict: "escalate", reason },
    past: [{ agoMs: minutes(11), happen: ({ north }) => make(north, { name: app, namespace: "odd" }) }],
    deadlineMs: seconds(60),
    inject: async (scene) => hangAndDelete(scene, "odd", app),
  };
}

/** Pods of which only their owner, or the machine, knows what is lost with them. */
export const sparedFailures: readonly NamedFailure[] = [
  spared("bare", { what: "stuck, no owner", reason: "BarePod", requirement: "S0-45" }, (north, shape) => {
    createPod(north, { ...shape, podSpec });
  }),
  spared(
    "one-at-a-time",
    { what: "stuck, Recreate", reason: "RecreateStrategy", requirement: "S0-45" },
    (north, shape) => {
      createDeployment(north, { ...shape, podSpec, strategy: { type: "Recreate" } });
    },
  ),
  spared(
    "training",
    { what: "stuck with a GPU", reason: "HasExtendedResource", requirement: "S0-60" },
    (north, shape) => {
      const resources = { requests: { "example.com/gpu": "1" }, limits: { "example.com/gpu": "1" } };
      createDeployment(north, { ...shape, podSpec: { ...podSpec, containers: [{ name: "app", image, resources }] } });
    },
  ),
  spared("host-port", { what: "stuck, host port", reason: "HasHostPort", requirement: "S0-45" }, (north, shape) => {
    const ports = [{ containerPort: 9100, hostPort: 9100 }];
    createDeployment(north, { ...shape, podSpec: { ...podSpec, containers: [{ name: "app", image, ports }] } });
  }),
];
