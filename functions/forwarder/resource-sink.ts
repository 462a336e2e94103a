import type { Raw } from "../../shared/kubernetes/raw.ts";

/** What a watch loop hands objects on to. Nothing here waits: reading goes on whatever the queue does, and states coalesce behind it. */
export interface ResourceSink {
  /** The state of an object: an item of a list, ADDED or MODIFIED. */
  seen(object: Raw): void;
  /** Whether this version of the object, or a newer one, was taken. */
  has(uid: string, resourceVersion: string): boolean;
  /** DELETED, with the last state. */
  deleted(object: Raw): void;
  /** A list was read whole, and this is all there is: what else was known has vanished while nobody watched. */
  listed(uids: ReadonlySet<string>): void;
  /** The versions began anew (another cluster, a restored etcd): what was known is older than nothing. */
  rewound(): void;
  /** A watch has opened: from now on silence means something. */
  watching(): void;
}
