import type { Random } from "../../../shared/random/random.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { type Actor, actor } from "./actor.ts";
import { type ApiInternals, type ClusterApi, clusterApi } from "./cluster-api.ts";
import { controllers as allControllers, type ControllerName } from "./controllers/all.ts";
import { type Controller, type ControllerParts, ownerIndex } from "./controllers/controller.ts";
import type { NodeShape } from "./kubelet/node-status.ts";
import { type Kubelet, kubelet } from "./kubelet.ts";
import { podIndex } from "./pod-resources.ts";
import { recorder } from "./recorder.ts";
import { type RestFace, type RestOptions, restFace } from "./rest.ts";
import type { Store } from "./store.ts";

export interface ModelOptions {
  clock: Clock;
  random: Random;
  /** For people: shown by `describe`-like output, not by the API. */
  name: string;
  /** Lease age at which a node counts as silent; default 50 s as in Kubernetes v1.36, long for a node that should stay Ready. */
  nodeMonitorGraceMs?: number;
  /** Records the audit log keeps. */
  auditLimit?: number;
}

/** A whole cluster without a network of its own: API server, controllers, scheduler, kubelets. Time passes only in `step`. */
export interface ClusterModel {
  readonly name: string;
  readonly api: ClusterApi;
  /** What is stored, for assertions. Objects are frozen. */
  readonly store: Store;
  /** Writes as the component or person `user`, under all rules and into the audit log. */
  as(user: string): Actor;
  addNode(shape: NodeShape): Kubelet;
  kubelet(node: string): Kubelet;
  kubelets(): readonly Kubelet[];
  /** Stops or starts one control loop, as if its process hung. All run at first. */
  switchController(name: ControllerName, on: boolean): void;
  /** The API server and everything behind it stands still until the returned function is called; clients are refused. */
  outage(): () => void;
  /**
   * Lets everything that is due at the clock's present time happen, including what follows from it, up to `rounds` reactions deep.
   * Cheap when nothing is due. Call it whenever time has moved or something was written.
   */
  step(rounds?: number): void;
  /** Opens the REST face. */
  listen(options?: RestOptions): Promise<RestFace>;
}

/** The longest that a kubelet waits between two tries to reach its API server. */
const reconnectMs = 10_000;

export function clusterModel(options: ModelOptions): ClusterModel {
  const { clock, random, name, nodeMonitorGraceMs = 50_000, auditLimit } = options;
  const internals: ApiInternals = clusterApi(clock, random, auditLimit);
  const { api, store, registry, desk } = internals;
  const actors = { store, registry, audit: api.audit, clock };
  const podsByNode = podIndex(store);
  const podsByOwner = ownerIndex(store);
  const kubelets = new Map<string, Kubelet>();
  let outages = 0;
  /** After an outage each kubelet comes back when its next try is due, so that its node looks silent for a moment. */
  const resumes = new Map<string, number>();

  const partsFor = (component: string): ControllerParts => {
    const own = actor(actors, component);
    const short = component.replace(/^system:(serviceaccount:kube-system:)?/, "");
    return { store, actor: own, record: recorder(own, store, short), random, podsByNode, podsByOwner };
  };
  const running: { name: ControllerName; loop: Controller; on: boolean }[] = allControllers(partsFor, {
    nodeMonitorGraceMs,
  }).map(({ name: controller, loop }) => ({ name: controller, loop, on: true }));

  const admin = actor(actors, "system:apiserver");
  for (const namespace of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    admin.create("namespaces", "", { metadata: { name: namespace } });
  }

  function find(node: string): Kubelet {
    const found = kubelets.get(node);
    if (!found) throw new Error(`finding the kubelet of ${node}: no such node in cluster ${name}`);
    return found;
  }

  /** One look of every component; true if any of them wrote something. */
  function react(now: number): boolean {
    const before = store.revision();
    for (const each of running) if (each.on) each.loop.step(now);
    for (const [node, each] of kubelets) if (now >= (resumes.get(node) ?? 0)) each.step(now);
    return store.revision() !== before;
  }

  return {
    name,
    api,
    store,
    as: (user) => actor(actors, user),
    addNode(shape) {
      const added = kubelet(shape, {
        actor: actor(actors, `system:node:${shape.name}`),
        store,
        now: () => clock.now(),
        podsByNode,
        id: () => random.id(),
        index: kubelets.size + 1,
      });
      kubelets.set(shape.name, added);
      return added;
    },
    kubelet: find,
    kubelets: () => [...kubelets.values()],
    switchController(controller, on) {
      for (const each of running) if (each.name === controller) each.on = on;
    },
    outage() {
      outages += 1;
      const stopRefusing = desk.refuse();
      desk.cutWatches();
      return () => {
        outages -= 1;
        stopRefusing();
        for (const node of kubelets.keys()) resumes.set(node, clock.now() + random.next() * reconnectMs);
      };
    },
    step(rounds = 12) {
      const now = clock.now();
      if (outages > 0) return;
      for (let round = 0; round < rounds; round++) if (!react(now)) break;
      api.step(now);
    },
    listen: (rest) => restFace({ api, desk }, clock, rest),
  };
}
