import { describe, expect, it } from "vitest";
import type { Subject } from "../../../../shared/heal/subject.ts";
import type { Incident, IncidentKind } from "../../../../shared/incident/incident.ts";
import { explanationOf } from "../../../../shared/rail/incident-hold.ts";
import { minutes } from "../../../../shared/time/duration.ts";
import { atNoon, noon } from "../../../build/instant.ts";
import { aNode, aNodeWithReady } from "../../../build/node.ts";
import { aNodeSubject } from "../../../build/node-subject.ts";
import { aPod } from "../../../build/pod.ts";
import { aSubject } from "../../../build/subject.ts";
import { aPodWithoutImage, aSilentPod, aWaitingPod } from "../../../build/waiting-pod.ts";

const anIncident = (kind: IncidentKind, key: string, more: Partial<Incident> = {}): Incident => ({
  id: `${kind}:${key}#1`,
  cluster: "*",
  kind,
  key,
  reason: "Failing",
  message: "It fails.",
  openedAt: noon,
  ...more,
});

const waiting = aSubject({ pod: aPodWithoutImage() });
const running = aSubject();
const withClaim = aSubject({ pod: aPod({ volumeClaims: ["data"] }) });
const creating = aSubject({ pod: aWaitingPod({ reason: "ContainerCreating" }) });
const silent = aSubject({ pod: aSilentPod(minutes(5)) });
const node = aNodeSubject();
const sickNode = aNodeSubject({ node: aNodeWithReady("False", atNoon(-minutes(5))) });
const onSickNode = aSubject({ node: aNodeWithReady("Unknown", atNoon(-minutes(5))) });
const nowhere = aSubject({ node: "none" });

describe("what an open incident explains", () => {
  it.each<[string, IncidentKind, string, Subject, boolean]>([
    ["a pod that waits for an image of the registry", "registry", "registry.example", waiting, true],
    ["… of another", "registry", "ghcr.io", waiting, false],
    ["a pod of which nothing is known yet", "registry", "registry.example", silent, true],
    ["a pod that runs", "registry", "registry.example", running, false],
    ["a node", "registry", "registry.example", sickNode, false],
    ["a pod that waits for the image", "image", "registry.example/web:1.4.2", waiting, true],
    ["… for another", "image", "registry.example/web:2", waiting, false],
    ["a pod that has none of its containers yet", "sandboxImage", "pause", creating, true],
    ["a pod that runs", "sandboxImage", "pause", running, false],
    ["a node", "sandboxImage", "pause", node, false],
    ["a pod with a claim, of whatever class", "storageClass", "fast", withClaim, true],
    ["… by whatever driver", "csiDriver", "ebs.csi.aws.com", withClaim, true],
    ["a pod without a claim", "storageClass", "fast", running, false],
    ["a node", "csiDriver", "ebs.csi.aws.com", node, false],
    ["a pod of the zone", "zone", "zone-a", running, true],
    ["a node of the zone", "zone", "zone-a", node, true],
    ["a pod of another zone", "zone", "zone-b", running, false],
    ["a pod without a node", "zone", "zone-a", nowhere, false],
    ["whatever there is", "controlPlane", "", running, true],
    ["a node", "controlPlane", "", node, true],
    ["a node that is not Ready", "nodes", "PlegStalled", sickNode, true],
    ["a pod on a node that is not Ready", "nodes", "PlegStalled", onSickNode, true],
    ["a node that is Ready", "nodes", "PlegStalled", node, false],
    ["a pod on a node that is Ready", "nodes", "PlegStalled", running, false],
    ["a pod without a node", "nodes", "PlegStalled", nowhere, false],
  ])("%s: of kind %s %s", (_, kind, key, subject, expected) => {
    expect(explanationOf(subject, [anIncident(kind, key)]) !== undefined).toBe(expected);
  });

  it("takes an image by its digest, whatever its name", () => {
    const image = "registry.example/web@sha256:1f";
    expect(explanationOf(aSubject({ pod: aPodWithoutImage({ image }) }), [anIncident("image", "sha256:1f")])).toEqual({
      reason: "IncidentOpen",
      message: "Incident image:sha256:1f#1 explains this: It fails.",
    });
  });

  it("is nothing, where it was only observed (X-12)", () => {
    const observed = anIncident("controlPlane", "", { mode: "observe" });
    expect(explanationOf(running, [observed])).toBeUndefined();
    expect(explanationOf(running, [observed, anIncident("zone", "zone-a")])?.message).toContain("zone:zone-a#1");
    expect(aNode().labels["topology.kubernetes.io/zone"]).toBe("zone-a");
  });
});
