import { type EventFacts, eventFromRaw } from "../../shared/kubernetes/event.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import type { Raw } from "../../shared/kubernetes/raw.ts";
import { classifyEvent } from "./classify.ts";
import type { ClusterTime } from "./cluster-time.ts";
import { type Known, type ObjectStore, objectStore } from "./object-store.ts";
import type { ResourceSink } from "./resource-sink.ts";
import type { Finding } from "./suspects.ts";

/** As Kubernetes names pods, nodes and namespaces (RFC 1123). Anyone may write an Event about anything: what no object can be called is dropped here. */
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const objectUid = /^[A-Za-z0-9][-A-Za-z0-9_.:]{0,127}$/;

function isNameable({ namespace, name, uid }: ObjectRef): boolean {
  return objectName.test(name) && (namespace === "" || objectName.test(namespace)) && objectUid.test(uid);
}

export interface EventSink extends ResourceSink {
  readonly known: ObjectStore<Known>;
}

export interface EventSinkOptions {
  readonly time: ClusterTime;
  readonly emit: (finding: Finding) => void;
  /** The pod or node that bears this name now. */
  readonly named: (kind: "Pod" | "Node", namespace: string, name: string) => Known | undefined;
  readonly oldVersion: () => void;
  /** Somebody speaks of an object without its uid, and we do not know it. */
  readonly unresolved: () => void;
}

/**
 * Every newer version of an Event is told, its birth as much as a risen count. Never repeated and never "gone": an Event that goes says nothing about
 * the object it spoke of.
 */
export function eventSink({ time, emit, named, oldVersion, unresolved }: EventSinkOptions): EventSink {
  const known = objectStore<Known>();

  /** kubelets write the node's name where its uid belongs, so a node is always looked up. */
  function regarded({ regarding }: EventFacts): ObjectRef | undefined {
    if (regarding.kind === "Node") return named("Node", "", regarding.name)?.ref;
    if (regarding.uid !== "") return regarding;
    return named("Pod", regarding.namespace, regarding.name)?.ref;
  }

  function seen(raw: Raw): void {
    const event = eventFromRaw(raw);
    const { ref, resourceVersion } = event;
    if (known.isOld(ref, resourceVersion)) {
      oldVersion();
      return;
    }
    known.put({ ref, resourceVersion });
    const { signals } = classifyEvent(event, time.now());
    if (signals.length === 0) return;
    const object = regarded(event);
    if (object === undefined || !isNameable(object)) unresolved();
    else emit({ kind: "suspect", object, resourceVersion, signals, state: event });
  }

  return {
    known,
    has: known.has,
    seen,
    deleted(raw) {
      const { ref, resourceVersion } = eventFromRaw(raw);
      known.remove(ref.uid, resourceVersion);
    },
    listed(uids) {
      for (const each of known.missingFrom(uids)) known.remove(each.ref.uid);
    },
    rewound: () => known.forgetVersions(),
    watching: () => {},
  };
}
