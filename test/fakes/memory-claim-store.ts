import type { Claim, ClaimStore } from "../../shared/case/claim.ts";
import { rowKey } from "./stored-copy.ts";
import { type WithFaults, withFaults } from "./with-faults.ts";

export function memoryClaimStore(): WithFaults<ClaimStore> {
  const rows = new Map<string, { claim: Claim; unfinished?: string }>();
  const store: ClaimStore = {
    async take(claim, now) {
      const key = rowKey(claim.cluster, claim.uid);
      const row = rows.get(key);
      const own = row?.claim.holder === claim.holder;
      if (row && !own && row.claim.expiresAt > now) {
        return { kind: "held", until: row.claim.expiresAt, healer: row.claim.healer };
      }
      // Taken again by its own holder, the answer is the same as the first time: that one may have been lost.
      const unfinished = own ? row?.unfinished : row?.claim.actionId;
      const found = unfinished === undefined ? {} : { unfinished };
      rows.set(key, { claim: { ...claim }, ...found });
      return { kind: "taken", ...found };
    },
    async release(cluster, uid, holder) {
      const key = rowKey(cluster, uid);
      if (rows.get(key)?.claim.holder === holder) rows.delete(key);
    },
    async read(cluster, uid) {
      return rows.get(rowKey(cluster, uid))?.claim;
    },
  };
  return withFaults(store);
}
