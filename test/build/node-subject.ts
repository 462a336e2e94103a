import type { NodeMemory } from "../../shared/case/case.ts";
import type { NodeSubject, StandingPod } from "../../shared/heal/subject.ts";
import { days } from "../../shared/time/duration.ts";
import { atNoon, noon } from "./instant.ts";
import { aLease } from "./lease.ts";
import { aNode } from "./node.ts";
import { aRef } from "./object-ref.ts";
import { type Overrides, override } from "./overrides.ts";

/** A node that is well at noon: Ready, its Lease fresh, nothing on it. */
export function aNodeSubject(overrides: Overrides<NodeSubject> = {}): NodeSubject {
  return override<NodeSubject>({ kind: "node", node: aNode(), lease: aLease(), pods: [] }, overrides);
}

/** A pod of a day before noon, on which its kubelet works. */
export function aStandingPod(overrides: Overrides<StandingPod> = {}): StandingPod {
  return override<StandingPod>({ ref: aRef(), creationTimestamp: atNoon(-days(1)) }, overrides);
}

/** What looks without a gap have found, until noon: well since ten days before. */
export function aNodeMemory(overrides: Overrides<NodeMemory> = {}): NodeMemory {
  return override<NodeMemory>(
    { state: "well", since: atNoon(-days(10)), seenAt: noon, readyChanges: [], ours: [] },
    overrides,
  );
}
