import type { Actor } from "../actor.ts";
import { sameJson } from "../objects/json.ts";
import { microTimestamp } from "../objects/meta.ts";
import { type Node, type NodeInfo, nodeCondition } from "../objects/node.ts";
import type { Store } from "../store.ts";
import { allocatable, type NodeHealth, type NodeShape, nodeConditions, nodeDraft } from "./node-status.ts";

/** The kubelet's defaults: lease every 10 s, node status every 5 min or when it changes. */
const leaseEveryMs = 10_000;
const statusEveryMs = 5 * 60_000;
/** How often it compares what the API shows with what it knows (`nodeStatusUpdateFrequency`). */
const checkEveryMs = 10_000;
const leaseSeconds = 40;

/** Keeps the Node and its Lease: the node's heartbeat. */
export interface Heart {
  /** Registers the node if it is missing, renews the lease and posts the status when due. */
  beat(health: NodeHealth, now: number): Node | undefined;
  /** A heartbeat at the next step, whatever the time. */
  hurry(): void;
}

export function heart(
  parts: { actor: Actor; store: Store },
  shape: NodeShape,
  info: () => NodeInfo,
  address: string,
): Heart {
  const { actor, store } = parts;
  let leaseAt = Number.NEGATIVE_INFINITY;
  let statusAt = Number.NEGATIVE_INFINITY;
  let posted: NodeHealth | undefined;
  let registered = false;

  function renew(now: number): void {
    if (now - leaseAt < leaseEveryMs) return;
    leaseAt = now;
    const lease = store.get("leases", "kube-node-lease", shape.name);
    const renewTime = microTimestamp(now);
    if (lease) {
      actor.modify(
        "leases",
        lease,
        "",
        (next) => {
          next.spec.renewTime = renewTime;
        },
        true,
      );
      return;
    }
    const node = store.get("nodes", "", shape.name);
    const owner = node && [{ apiVersion: "v1", kind: "Node", name: shape.name, uid: node.metadata.uid }];
    actor.create("leases", "kube-node-lease", {
      metadata: { name: shape.name, namespace: "kube-node-lease", ...(owner ? { ownerReferences: owner } : {}) },
      spec: { holderIdentity: shape.name, leaseDurationSeconds: leaseSeconds, renewTime },
    });
  }

  function isDue(node: Node, health: NodeHealth, now: number): boolean {
    const since = now - statusAt;
    if (since >= statusEveryMs || node.status?.conditions === undefined) return true;
    // The message of a hung PLEG carries a growing duration: that goes out with the heartbeat, not with every tick.
    const same = sameJson(posted, health) || (posted?.ready.ok === false && health.ready.ok === false);
    if (!same) return true;
    const shown = nodeCondition(node, "Ready");
    const differs = shown?.status !== (health.ready.ok ? "True" : "False") || !sameJson(posted, health);
    return differs && since >= checkEveryMs;
  }

  function post(node: Node, health: NodeHealth, now: number): void {
    if (!isDue(node, health, now)) return;
    statusAt = now;
    posted = health;
    const change = (next: Node) => {
      next.status = {
        ...next.status,
        conditions: nodeConditions(next, health, now),
        allocatable: allocatable(next, health),
        nodeInfo: info(),
      };
    };
    actor.modify("nodes", node, "status", change, true);
  }

  return {
    beat(health, now) {
      let node = store.get("nodes", "", shape.name);
      if (!node) {
        // A kubelet registers once, at its start; a Node that somebody deletes later stays away until it is started again.
        if (registered) return undefined;
        node = actor.create("nodes", "", nodeDraft(shape, info(), address));
        if (!node) return undefined;
      }
      registered = true;
      renew(now);
      post(node, health, now);
      return store.get("nodes", "", shape.name);
    },
    hurry() {
      leaseAt = Number.NEGATIVE_INFINITY;
      statusAt = Number.NEGATIVE_INFINITY;
      registered = false;
    },
  };
}
