import * as z from "zod/mini";
import type { ParsePolicy } from "../../shared/heal/policy.ts";
import { countKnob, describeProblem, durationKnob } from "../../shared/heal/policy-knobs.ts";
import { minutes, seconds } from "../../shared/time/duration.ts";

/** The knobs of dependency-watch, parsed. What the operator writes is in its README. */
export interface Policy {
  /** Objects that must fail by one thing before it is an incident. Default 3, at least 3. Raising it opens fewer and later. */
  readonly objects: number;
  /** Nodes that they must stand on. Default 2, at least 2. Raising it opens fewer and later. */
  readonly nodes: number;
  /** Nodes where only their number tells a common cause from a sick node: sandbox images, control plane, zone, nodes that fail alike. Default 3, at least 3. */
  readonly manyNodes: number;
  /** Milliseconds for which nothing of the kind must have been seen before an incident closes. Default 10m, never below that; divided in the lab, never below 15s. */
  readonly quietForMs: number;
  /** Milliseconds for which a bound pod's kubelet must have been silent about it. Default 60s, never below that, in the lab neither: within 50 s Kubernetes says of a dead node that it is not Ready. */
  readonly silentForMs: number;
}

const objectsFloor = 3;
const nodesFloor = 2;
const manyNodesFloor = 3;
const most = 100;
const quietForFloorMs = minutes(10);
const quietForLeastMs = seconds(15);
const silentForFloorMs = seconds(60);

export const parsePolicy: ParsePolicy<Policy> = (values, lab) => {
  const quietForMs = Math.max(quietForLeastMs, quietForFloorMs / lab);
  const knobs = z.strictObject({
    objects: z._default(countKnob(objectsFloor, most), objectsFloor),
    nodes: z._default(countKnob(nodesFloor, most), nodesFloor),
    manyNodes: z._default(countKnob(manyNodesFloor, most), manyNodesFloor),
    quietFor: z._default(durationKnob(quietForMs, "15m"), quietForMs),
    silentFor: z._default(durationKnob(silentForFloorMs, "2m"), silentForFloorMs),
  });
  const parsed = knobs.safeParse(values ?? {});
  if (!parsed.success) return { kind: "problems", problems: parsed.error.issues.map(describeProblem) };
  const { quietFor, silentFor, ...counts } = parsed.data;
  return { kind: "policy", policy: Object.freeze({ ...counts, quietForMs: quietFor, silentForMs: silentFor }) };
};
