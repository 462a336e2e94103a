import { type NodeFacts, nodeFromRaw } from "../../shared/kubernetes/node.ts";
import { type ObjectStore, objectStore } from "./object-store.ts";
import type { ResourceSink } from "./resource-sink.ts";
import type { Finding, Suspects } from "./suspects.ts";

export interface NodeSink extends ResourceSink {
  /** Whole facts: nodes are few, and every report needs their conditions, labels and allocatable. */
  readonly known: ObjectStore<NodeFacts>;
}

export interface NodeSinkOptions {
  readonly suspects: Suspects;
  readonly emit: (finding: Finding) => void;
  readonly labelKeys: ReadonlySet<string>;
  readonly oldVersion: () => void;
}

export function nodeSink({ suspects, emit, labelKeys, oldVersion }: NodeSinkOptions): NodeSink {
  const known = objectStore<NodeFacts>();
  const vanished = (node: NodeFacts) => {
    suspects.gone(node.ref.uid, node.resourceVersion, undefined);
  };
  return {
    known,
    has: known.has,
    seen(raw) {
      const node = nodeFromRaw(raw, labelKeys);
      if (known.isOld(node.ref, node.resourceVersion)) {
        oldVersion();
        return;
      }
      const replaced = known.replacedBy(node.ref);
      if (replaced !== undefined) vanished(replaced);
      const before = known.get(node.ref.uid);
      suspects.look(node);
      // Nothing of what ran there before runs any more: the dispatcher closes the leaks that force-deletes left open. Never switched off.
      if (before !== undefined && before.bootId !== node.bootId) {
        emit({ kind: "milestone", object: node.ref, resourceVersion: node.resourceVersion, signals: [], state: node });
      }
      known.put(node);
    },
    deleted(raw) {
      const node = nodeFromRaw(raw, labelKeys);
      if (known.remove(node.ref.uid, node.resourceVersion) === undefined) oldVersion();
      else suspects.gone(node.ref.uid, node.resourceVersion, node);
    },
    listed(uids) {
      for (const node of known.missingFrom(uids)) {
        known.remove(node.ref.uid);
        vanished(node);
      }
    },
    rewound: () => known.forgetVersions(),
    watching: () => {},
  };
}
