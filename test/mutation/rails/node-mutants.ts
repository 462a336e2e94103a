import type { Mutant } from "../mutant.ts";

const rails = ["test/scenario/rails-hold-a-heal-back.test.ts"];
const budgets = ["test/scenario/budgets-bound-the-blast-radius.test.ts"];
const handedOver = ["test/scenario/a-node-is-handed-over.test.ts"];
const drained = ["test/scenario/a-node-is-drained.test.ts", "test/scenario/rails-of-drain-and-tasks.test.ts"];
const nodeCauses = "test/unit/functions/notready-handler";

/** Rails of nodes: marks, drains, rungs, hand-overs. */
export const nodeMutants: readonly Mutant[] = [
  {
    rail: "nodes: only our own marks",
    file: "shared/rail/rails.ts",
    find: `  nodeMarks,
`,
    replace: ``,
    tests: rails,
  },
  {
    rail: "nodes: zones that fail together",
    file: "shared/rail/node-brake.ts",
    find: `if (failing > allowed) {`,
    replace: `if (failing > 1_000) {`,
    tests: rails,
  },
  {
    rail: "nodes: a report has counted what failed together",
    file: "shared/rail/node-brake.ts",
    find: `if (!countsChangeOf(subject.node, cluster.report)) {`,
    replace: `if (!countsChangeOf(subject.node, { ...cluster.report, sentAt: Number.POSITIVE_INFINITY })) {`,
    tests: rails,
  },
  {
    rail: "nodes: the last ones are kept",
    file: "shared/rail/node-brake.ts",
    find: `if (ofZone < limits.nodeBrake.leftOfZone || ofCluster < limits.nodeBrake.leftOfCluster) {`,
    replace: `if (ofZone < -1_000) {`,
    tests: rails,
  },
  {
    rail: "nodes: death is proven",
    file: "shared/rail/node-marks.ts",
    find: `(isReady || !isProvenDead(subject.node))`,
    replace: `isReady`,
    tests: rails,
  },
  {
    rail: "nodes: each mark counts, of whichever case",
    file: "shared/heal/spending.ts",
    find: `const object = isNodeHeal(heal) || isSpillHeal(heal) ?`,
    replace: `const object = uid === undefined ?`,
    tests: budgets,
  },
  {
    rail: "handed over: people are told after a quarter of an hour",
    file: "shared/rail/limits.ts",
    find: `handOverMs: minutes(15),`,
    replace: `handOverMs: minutes(1_500),`,
    tests: handedOver,
  },
  {
    rail: "handed over: a symptom keeps its node's wake-up alive",
    file: "shared/heal/hand-over.ts",
    find: `if (nodeCase.pending !== undefined) {`,
    replace: `if (nodeCase.version < 0) {`,
    tests: handedOver,
  },
  {
    rail: "suspected node",
    file: "shared/heal/spending.ts",
    find: `heal.kind === "ForceDeletePod" && (await isSuspectedNode(look, subject));`,
    replace: `heal.kind !== "ForceDeletePod" && (await isSuspectedNode(look, subject));`,
    tests: budgets,
  },
  {
    rail: "nodes: another uid under the name",
    file: "shared/heal/subject.ts",
    find: ` || found.object.ref.uid !== object.uid) return undefined;
  const [lease, pods]`,
    replace: `) return undefined;
  const [lease, pods]`,
    tests: ["test/unit/functions/notready-handler/healer.test.ts"],
  },
  {
    rail: "nodes: clocks begin again after blind time",
    file: "shared/heal/node-memory.ts",
    find: `before?.state === state && now - before.seenAt <= blindAfterMs`,
    replace: `before?.state === state`,
    tests: handedOver,
  },
  {
    rail: "nodes: a mark is verified while its object stays",
    file: "shared/heal/look-at.ts",
    find: `showsEffect(pending.effect, subject) ? seenEffect(sight)`,
    replace: `showsEffect(undefined, subject) ? seenEffect(sight)`,
    tests: handedOver,
  },
  {
    rail: "drain: something makes the pod again",
    file: "shared/rail/ownership.ts",
    find: `if (!drainedKinds.includes(kinds[0] ?? "") || !drainedTops.includes(kinds.at(-1) ?? "")) {`,
    replace: `if (kinds.length > 9) {`,
    tests: drained,
  },
  {
    rail: "drain: only from a node that is False under our mark",
    file: "shared/rail/ownership.ts",
    find: `if (typeof node === "string" || readyStatus(node) !== "False" || markOn(node, suspectMark) === undefined) {`,
    replace: `if (typeof node === "string") {`,
    tests: drained,
  },
  {
    rail: "drain: room elsewhere",
    file: "functions/notready-handler/drain.ts",
    find: `if (lacking !== undefined) return leave(`,
    replace: `if (lacking === "") return leave(`,
    tests: drained,
  },
  {
    rail: "drain: only room that the pod may take",
    file: "functions/notready-handler/drain.ts",
    find: `      admits &&
`,
    replace: ``,
    tests: drained,
  },
  {
    rail: "drain: two more nodes failed",
    file: "functions/notready-handler/drain.ts",
    find: `if (cascading(fleet, now)) return leave(`,
    replace: `if (fleet.nodes < 0) return leave(`,
    tests: [`${nodeCauses}/drain.test.ts`],
  },
  {
    rail: "drain: a fifth, where density is the cause",
    file: "functions/notready-handler/ladder-false.ts",
    find: `const densityShare = 0.2;`,
    replace: `const densityShare = 0.9;`,
    tests: [`${nodeCauses}/drain.test.ts`],
  },
  {
    rail: "drain: nothing that somebody shuts down",
    file: "functions/notready-handler/ladder-false.ts",
    find: `if (isHeld(look)) return`,
    replace: `if (parseInt(words) > 0) return`,
    tests: [`${nodeCauses}/drain.test.ts`],
  },
  {
    rail: "tasks: only under our mark, and never of a silent node",
    file: "shared/rail/rails.ts",
    find: `  nodeTasks,
`,
    replace: ``,
    tests: drained,
  },
  {
    rail: "tasks: held by the brake of nodes",
    file: "shared/rail/node-brake.ts",
    find: `heal.kind !== "TaintNode" && heal.kind !== "AskNodeTask"`,
    replace: `heal.kind !== "TaintNode"`,
    tests: drained,
  },
  {
    rail: "rungs: no restart of a kubelet beside a hung container",
    file: "functions/notready-handler/rungs.ts",
    find: `const hung = hungContainer(look);`,
    replace: `const hung = hungContainer({ ...look, subject: { ...look.subject, pods: [] }, facts: { subject: look.subject } });`,
    tests: [`${nodeCauses}/rungs.test.ts`],
  },
  {
    rail: "rungs: never the same within two hours",
    file: "functions/notready-handler/rungs.ts",
    find: `.filter((rung) => tried.every((each) => each.rung !== rung))`,
    replace: ``,
    tests: drained,
  },
  {
    rail: "rungs: no restart while the disk is slow",
    file: "functions/notready-handler/rungs.ts",
    find: `if (isSlow && rung !== "replace")`,
    replace: `if (isSlow && rung === undefined)`,
    tests: [`${nodeCauses}/rungs.test.ts`],
  },
  {
    rail: "rungs: one node at a time",
    file: "functions/notready-handler/rungs.ts",
    find: `if (elsewhere !== undefined) return`,
    replace: `if (elsewhere?.task === "") return`,
    tests: [`${nodeCauses}/rungs.test.ts`],
  },
  {
    rail: "nodes: a failure that spreads is not healed",
    file: "functions/notready-handler/fleet.ts",
    find: `const spreadingFrom = 3;`,
    replace: `const spreadingFrom = 300;`,
    tests: [`${nodeCauses}/fleet.test.ts`],
  },
  {
    rail: "nodes: a condition whose agent is silent does not count",
    file: "functions/notready-handler/said.ts",
    find: `return now - saidAt <= staleAfterMs;`,
    replace: `return now - saidAt <= staleAfterMs * 1e9;`,
    tests: [`${nodeCauses}/causes.test.ts`],
  },
  {
    rail: "nodes: a condition that latches never counts alone",
    file: "functions/notready-handler/conditions.ts",
    find: `each.known?.remedy === "handOver" && !latches(each)`,
    replace: `each.known?.remedy === "handOver"`,
    tests: [`${nodeCauses}/causes.test.ts`],
  },
];
