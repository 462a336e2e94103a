import type { Actor } from "./actor.ts";
import { type KubeObject, timestamp } from "./objects/meta.ts";
import type { Store } from "./store.ts";

interface Occurrence {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  fieldPath?: string;
}

/** Writes core/v1 Events as client-go's recorder does: a repeated one raises `count` and `lastTimestamp` of the first. */
export type Recorder = (object: KubeObject, occurrence: Occurrence, now: number) => void;

const forgetAfterMs = 10 * 60_000;

export function recorder(actor: Actor, store: Store, component: string, host = ""): Recorder {
  const recent = new Map<string, { name: string; namespace: string; at: number }>();
  let serial = 0;

  /** Raises the count of an Event that was written lately; false if there is none. */
  function repeated(key: string, now: number): boolean {
    const known = recent.get(key);
    const earlier = known && store.get("events", known.namespace, known.name);
    if (!known || !earlier || now - known.at >= forgetAfterMs) return false;
    known.at = now;
    actor.modify("events", earlier, "", (event) => {
      event.count = (event.count ?? 1) + 1;
      event.lastTimestamp = timestamp(now);
    });
    return true;
  }

  function forgetOld(now: number): void {
    if (recent.size <= 1_000) return;
    for (const [each, { at }] of recent) if (now - at >= forgetAfterMs) recent.delete(each);
  }

  return (object, { type, reason, message, fieldPath }, now) => {
    const { namespace = "default", uid } = object.metadata;
    const key = `${uid} ${reason} ${message} ${fieldPath ?? ""}`;
    if (repeated(key, now)) return;
    forgetOld(now);
    serial += 1;
    // Like client-go: the object's name and a number in hex that makes the name unique.
    const name = `${object.metadata.name}.${(now * 1_000 + serial).toString(16)}`;
    recent.set(key, { name, namespace, at: now });
    actor.create("events", namespace, {
      metadata: { name, namespace },
      involvedObject: { ...referenceTo(object), ...(fieldPath === undefined ? {} : { fieldPath }) },
      reason,
      message,
      source: { component, ...(host === "" ? {} : { host }) },
      firstTimestamp: timestamp(now),
      lastTimestamp: timestamp(now),
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host,
    });
  };
}

/** A node's Events carry its name as uid: so does the real kubelet's. */
function referenceTo({ apiVersion, kind, metadata }: KubeObject) {
  const { name, uid, namespace, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid: kind === "Node" ? name : uid,
    apiVersion,
    resourceVersion,
  };
}
