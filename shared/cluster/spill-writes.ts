import type { Outcome } from "../heal/heal.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { type Raw, rawObject, rawText } from "../kubernetes/raw.ts";
import { isSpillAsOrdered, type SpillOrder, spillBody, spillScalePatch } from "../kubernetes/spill.ts";
import type { ClusterWriter } from "./cluster.ts";
import type { ApiRequest } from "./connection.ts";
import { goneByUid, unreadBeforeWrite } from "./node-taints.ts";

export interface SpillWriteParts {
  /** One Deployment; undefined: not there. */
  read(namespace: string, name: string): Promise<Raw | undefined>;
  write(request: Omit<ApiRequest, "timeoutMs">, target: Pick<ObjectRef, "namespace" | "name">): Promise<Outcome>;
  /** Of one Deployment; of all of the namespace without a name. */
  path(namespace: string, name?: string): string;
}

/** Writes to a spill, and to nothing else: the original is only read. */
export function spillWrites({
  read,
  write,
  path,
}: SpillWriteParts): Pick<ClusterWriter, "createSpill" | "scaleSpill" | "removeSpill"> {
  return {
    async createSpill(workload, resourceVersion, order) {
      let original: Raw | undefined;
      try {
        original = await read(workload.namespace, workload.name);
      } catch (thrown) {
        return unreadBeforeWrite(thrown);
      }
      const metadata = rawObject(original?.["metadata"]);
      if (original === undefined || rawText(metadata["uid"]) !== workload.uid) return { kind: "Gone" };
      if (metadata["deletionTimestamp"] !== undefined) return { kind: "Conflict", message: "it is being deleted" };
      if (rawText(metadata["resourceVersion"]) !== resourceVersion) {
        return { kind: "Conflict", message: "the workload has been modified since it was judged" };
      }
      const body = spillBody(original, order);
      const outcome = await write({ method: "POST", path: path(workload.namespace), body }, workload);
      return outcome.kind === "Conflict" ? whoseName(read, workload, original, order) : outcome;
    },
    scaleSpill: async (spill, resourceVersion, generation, replicas) =>
      goneByUid(
        await write(
          {
            method: "PATCH",
            path: path(spill.namespace, spill.name),
            body: spillScalePatch({ uid: spill.uid, resourceVersion, generation }, replicas),
            contentType: "application/merge-patch+json",
          },
          spill,
        ),
      ),
    removeSpill: (spill, resourceVersion) =>
      write(
        {
          method: "DELETE",
          path: path(spill.namespace, spill.name),
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            propagationPolicy: "Background",
            preconditions: { uid: spill.uid, resourceVersion },
          },
        },
        spill,
      ),
  };
}

/** The name is taken: by this very write, whose answer was lost, or by somebody else. */
async function whoseName(
  read: SpillWriteParts["read"],
  workload: ObjectRef,
  original: Raw,
  order: SpillOrder,
): Promise<Outcome> {
  const taken: Outcome = { kind: "Conflict", message: `Deployment ${order.name} exists already` };
  try {
    const standing = await read(workload.namespace, order.name);
    return standing !== undefined && isSpillAsOrdered(standing, original, order) ? { kind: "Done" } : taken;
  } catch (thrown) {
    return unreadBeforeWrite(thrown);
  }
}
