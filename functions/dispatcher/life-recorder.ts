import type { LifecycleStore } from "../../shared/lifecycle/lifecycle.ts";
import type { Collapsed } from "./collapse.ts";
import { lifecycleFromDelta } from "./lifecycle-from-delta.ts";

/** Suspects are told again and again; a container remembers this many of what it wrote last. */
const rememberedLimit = 5_000;

/** Writes what a delta tells of a pod's life, unless this container wrote the very same about that pod last time. */
export function lifeRecorder(lifecycles: Pick<LifecycleStore, "record">): (about: Collapsed) => Promise<void> {
  const written = new Map<string, string>();
  return async ({ cluster, delta }) => {
    const lifecycle = lifecycleFromDelta(cluster, delta);
    if (lifecycle === undefined) return;
    const key = `${cluster}#${delta.object.uid}`;
    const text = JSON.stringify(lifecycle);
    if (written.get(key) === text) return;
    await lifecycles.record(lifecycle);
    written.delete(key);
    written.set(key, text);
    const [oldest] = written.keys();
    if (written.size > rememberedLimit && oldest !== undefined) written.delete(oldest);
  };
}
