import type { ClusterState } from "../cluster/cluster-state.ts";
import type { Knowledge } from "./healer.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";

/** What Knitbone knows of this cluster at this moment. Never fails: the catalogue keeps what it read last. */
export async function knowledge(
  { catalogue }: Pick<PipelineDeps, "catalogue">,
  { report, registered }: ClusterState,
): Promise<Knowledge> {
  const { catalogue: inForce } = await catalogue.current();
  const poolLabel = registered?.poolLabel;
  return {
    catalogue: inForce,
    ...(report === undefined ? {} : { report }),
    ...(poolLabel === undefined ? {} : { poolLabel }),
  };
}
