import type { Subject } from "../heal/subject.ts";
import type { Incident } from "../incident/incident.ts";
import { zoneOf } from "../kubernetes/node.ts";
import { type HealRail, pass, waitAMinute } from "./rail.ts";

/** The registry host of an image name, by Docker's rule: the first part is a host when it has a dot or a port, or is localhost. */
function registryHostOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  return image.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

function explains(incident: Incident, subject: Subject): boolean {
  const containers = subject.kind === "pod" ? subject.pod.containers : [];
  const waiting = containers.filter((each) => each.state === "waiting" || each.state === "absent");
  switch (incident.kind) {
    case "controlPlane":
      return true;
    case "zone":
      return typeof subject.node !== "string" && zoneOf(subject.node) === incident.key;
    case "registry":
      return waiting.some((each) => registryHostOf(each.image) === incident.key);
    case "image":
      return waiting.some((each) => each.image === incident.key || each.image.endsWith(`@${incident.key}`));
    // A pod's facts name claims, not classes or drivers: while one of those fails, no pod with a claim is touched.
    case "storageClass":
    case "csiDriver":
      return subject.kind === "pod" && subject.pod.volumeClaims.length > 0;
  }
}

/** One cause behind many cases is not healed case by case. */
export const incidentHold: HealRail = ({ incidents, subject }) => {
  const incident = incidents.find((each) => explains(each, subject));
  return incident === undefined
    ? pass
    : waitAMinute("IncidentOpen", `Incident ${incident.id} explains this: ${incident.message}`);
};
