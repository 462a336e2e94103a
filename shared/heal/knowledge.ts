import type { CaseKey } from "../case/case.ts";
import type { ClusterState } from "../cluster/cluster-state.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import type { Knowledge } from "./healer.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import { hopelessRungs } from "./rung-record.ts";

/** What Knitbone knows of this cluster at this moment. The catalogue keeps what it read last; what rungs were good for is read for nodes only. */
export async function knowledge(
  { catalogue, rungs, clock }: Pick<PipelineDeps, "catalogue" | "rungs" | "clock">,
  { report, registered }: ClusterState,
  { key, object }: { readonly key: CaseKey; readonly object: ObjectRef },
): Promise<Knowledge> {
  const isNode = object.kind === "Node";
  const [{ catalogue: inForce }, record] = await Promise.all([
    catalogue.current(),
    isNode ? rungs.read(key.cluster) : undefined,
  ]);
  const poolLabel = registered?.poolLabel;
  return {
    catalogue: inForce,
    ...(report === undefined ? {} : { report }),
    ...(poolLabel === undefined ? {} : { poolLabel }),
    ...(record === undefined ? {} : { hopeless: hopelessRungs(record, clock.now()) }),
  };
}
