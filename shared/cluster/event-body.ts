import { createHash } from "node:crypto";
import { workloadApis } from "../kubernetes/workload.ts";
import type { Instant } from "../time/clock.ts";
import type { ClusterEvent } from "./cluster.ts";

/** Names of objects are at most 253 characters; the rest is for "." and 16 hex digits. */
const regardingLimit = 236;
const noteLimitBytes = 1_024;
/** The limit of events.k8s.io/v1 for reason, action and reportingInstance. */
const wordLimit = 128;

const apiVersions: Readonly<Record<string, string>> = workloadApis;

/** Events about cluster-scoped objects live in `default`, as Kubernetes' own do. */
export function eventNamespace(event: ClusterEvent): string {
  return event.regarding.namespace === "" ? "default" : event.regarding.namespace;
}

/** An events.k8s.io/v1 Event. Its name comes from the event's id, so that a repeat meets "already exists". */
export function eventBody(event: ClusterEvent, healer: string, now: Instant): object {
  const { regarding } = event;
  const digest = createHash("sha256").update(event.id).digest("hex").slice(0, 16);
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: {
      name: `${regarding.name.slice(0, regardingLimit).replace(/[^a-z0-9]+$/, "")}.${digest}`,
      namespace: eventNamespace(event),
    },
    // MicroTime: six digits or the server refuses it.
    eventTime: new Date(now).toISOString().replace(/\.(\d{3})Z$/, ".$1000Z"),
    reportingController: `knitbone.io/${healer}`,
    reportingInstance: `knitbone-${healer}`.slice(0, wordLimit),
    action: event.action.slice(0, wordLimit),
    reason: event.reason.slice(0, wordLimit),
    type: event.type,
    regarding: {
      apiVersion: apiVersions[regarding.kind] ?? "v1",
      kind: regarding.kind,
      ...(regarding.namespace === "" ? {} : { namespace: regarding.namespace }),
      name: regarding.name,
      uid: regarding.uid,
    },
    note: cutToBytes(event.note, noteLimitBytes),
  };
}

function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  // A character cut in the middle decodes to U+FFFD: drop it.
  return bytes
    .subarray(0, limit)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}
