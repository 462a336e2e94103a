import type { IncidentRules } from "../../shared/incident/rules.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { Policy } from "./policy.ts";

/** Failures further apart than this have no common cause. */
const windowMs = minutes(10);

/** How much makes an incident of each kind. One node alone never does: what fails on one node is the node's own. */
export function rulesOf({ objects, nodes, manyNodes, quietForMs }: Policy): IncidentRules {
  const few = { objects, places: nodes, parts: 1 };
  const many = { objects: manyNodes, places: manyNodes, parts: 1 };
  return {
    windowMs,
    quietMs: quietForMs,
    thresholds: {
      // Two images of one host on two nodes say as much as three pods of one image (S0-32).
      registry: [few, { objects: 2, places: nodes, parts: 2 }],
      // Another node with the same damage: it is not the node's copy (S0-33).
      image: [{ objects: 2, places: nodes, parts: 1 }],
      sandboxImage: [many],
      // A claim that cannot be mounted may be that volume's own trouble; two of them are the class's.
      storageClass: [{ ...few, parts: 2 }],
      // Of one class it is the class; on many nodes, or by several classes, it is the driver.
      csiDriver: [{ ...few, parts: 2 }, many],
      // Whatever it is that fails: three different things, each of them in this zone only.
      zone: [{ ...many, parts: 3 }],
      // It holds everything in its cluster: three sick kubelets of a thousand are not what lies between all of them and us.
      controlPlane: [{ ...many, share: 0.2 }],
      nodes: [many],
    },
  };
}
