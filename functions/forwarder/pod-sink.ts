import { findCondition } from "../../shared/kubernetes/condition.ts";
import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { isReady, isTerminal, isTerminating, type PodFacts, podFromRaw } from "../../shared/kubernetes/pod.ts";
import type { Raw } from "../../shared/kubernetes/raw.ts";
import { minutes } from "../../shared/time/duration.ts";
import type { ClusterTime } from "./cluster-time.ts";
import { type Known, type ObjectStore, objectStore } from "./object-store.ts";
import type { ResourceSink } from "./resource-sink.ts";
import type { Finding, Suspects } from "./suspects.ts";

export interface KnownPod extends Known {
  readonly ready: boolean;
  /** Where it counts against the capacity; absent when it is not bound, or has ended. */
  readonly placed?: { readonly nodeName: string; readonly requests: Readonly<Record<string, number>> };
}

export interface PodSink extends ResourceSink {
  readonly known: ObjectStore<KnownPod>;
}

export interface PodSinkOptions {
  readonly suspects: Suspects;
  readonly time: ClusterTime;
  readonly emit: (finding: Finding) => void;
  readonly milestones: boolean;
  readonly labelKeys: ReadonlySet<string>;
  readonly oldVersion: () => void;
}

/** A pod met for the first time that became ready longer ago is no news: a forwarder that starts must not retell the whole cluster. */
const newsMs = minutes(10);

export function podSink(options: PodSinkOptions): PodSink {
  const { suspects, time, emit, milestones, labelKeys } = options;
  const known = objectStore<KnownPod>();

  function seen(raw: Raw): void {
    const pod = podFromRaw(raw, labelKeys);
    if (known.isOld(pod.ref, pod.resourceVersion)) {
      options.oldVersion();
      return;
    }
    const entry = knownPod(pod);
    const before = known.get(pod.ref.uid);
    const replaced = known.replacedBy(pod.ref);
    if (replaced !== undefined) vanished(replaced);
    suspects.look(pod);
    // Known only once it was judged: what fails above is met again by the next list.
    known.put(entry);
    if (milestones && becameReady(pod, entry, before)) milestone(pod.ref, pod.resourceVersion, pod);
  }

  function becameReady(pod: PodFacts, entry: KnownPod, before: KnownPod | undefined): boolean {
    if (!entry.ready || before?.ready === true) return false;
    if (before !== undefined) return true;
    const since = findCondition(pod.conditions, "Ready")?.lastTransitionTime;
    return since !== undefined && time.now() - since <= newsMs;
  }

  function milestone(object: ObjectRef, resourceVersion: string, state: PodFacts): void {
    emit({ kind: "milestone", object, resourceVersion, signals: [], state });
  }

  /** It is gone, and nobody saw it go. */
  function vanished(entry: KnownPod): void {
    if (suspects.gone(entry.ref.uid, entry.resourceVersion, undefined) || !milestones) return;
    const { ref, resourceVersion } = entry;
    emit({ kind: "milestone", object: ref, resourceVersion, signals: [], finalStateUnknown: true });
  }

  return {
    known,
    has: known.has,
    seen,
    deleted(raw) {
      const pod = podFromRaw(raw, labelKeys);
      const { ref, resourceVersion } = pod;
      if (known.remove(ref.uid, resourceVersion) === undefined) {
        options.oldVersion();
        return;
      }
      if (suspects.gone(ref.uid, resourceVersion, pod) || !milestones) return;
      // A state that reads as "ready" (removed at once, without a grace) would be taken for its becoming so: see README.
      if (countsAsReady(pod)) emit({ kind: "milestone", object: ref, resourceVersion, signals: [] });
      else milestone(ref, resourceVersion, pod);
    },
    listed(uids) {
      for (const entry of known.missingFrom(uids)) {
        known.remove(entry.ref.uid);
        vanished(entry);
      }
    },
    rewound: () => known.forgetVersions(),
    watching: () => {},
  };
}

const countsAsReady = (pod: PodFacts): boolean => isReady(pod) && !isTerminating(pod);

function knownPod(pod: PodFacts): KnownPod {
  const { ref, resourceVersion, nodeName, requests } = pod;
  return {
    ref,
    resourceVersion,
    ready: countsAsReady(pod),
    ...(nodeName === undefined || isTerminal(pod) ? {} : { placed: { nodeName, requests } }),
  };
}
