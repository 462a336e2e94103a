import { nodeOf, podsOf, type Subject } from "../heal/subject.ts";
import type { Incident } from "../incident/incident.ts";
import { registryHostOf } from "../kubernetes/image.ts";
import { readyStatus, zoneOf } from "../kubernetes/node.ts";
import { type HealRail, pass, waitAMinute } from "./rail.ts";

function explains(incident: Incident, subject: Subject): boolean {
  const pods = podsOf(subject);
  const containers = pods.flatMap((each) => each.containers);
  const waiting = containers.filter((each) => each.state === "waiting" || each.state === "absent");
  switch (incident.kind) {
    case "controlPlane":
      return true;
    case "zone": {
      const node = nodeOf(subject);
      return node !== undefined && zoneOf(node) === incident.key;
    }
    case "registry":
      return waiting.some((each) => registryHostOf(each.image) === incident.key);
    case "image":
      return waiting.some((each) => each.image === incident.key || each.image.endsWith(`@${incident.key}`));
    // A pod does not name the image of its sandbox: any that has none of its containers yet may want for it.
    case "sandboxImage":
      return subject.kind === "pod" && subject.pod.phase === "Pending" && waiting.length === containers.length;
    // A pod's facts name claims, not classes or drivers: while one of those fails, no pod with a claim is touched.
    case "storageClass":
    case "csiDriver":
      return pods.some((each) => each.volumeClaims.length > 0);
    // What the node says of itself is not known here: any that is not Ready may be one of them, and so may what stands on it.
    case "nodes": {
      const node = nodeOf(subject);
      return node !== undefined && readyStatus(node) !== "True";
    }
  }
}

/** The incident behind this, in words; undefined where none is. One that was only observed holds nobody. */
export function explanationOf(
  subject: Subject,
  incidents: readonly Incident[],
): { readonly reason: string; readonly message: string } | undefined {
  const incident = incidents.find((each) => each.mode !== "observe" && explains(each, subject));
  if (incident === undefined) return undefined;
  return { reason: "IncidentOpen", message: `Incident ${incident.id} explains this: ${incident.message}` };
}

/** One cause behind many cases is not healed case by case. */
export const incidentHold: HealRail = ({ incidents, subject }) => {
  const explanation = explanationOf(subject, incidents);
  return explanation === undefined ? pass : waitAMinute(explanation.reason, explanation.message);
};
