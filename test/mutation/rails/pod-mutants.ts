import type { Mutant } from "../mutant.ts";

const rails = ["test/scenario/rails-hold-a-heal-back.test.ts"];
const rounds = ["test/scenario/rounds-find-what-no-delta-tells.test.ts"];
const neverRan = ["test/scenario/only-what-never-ran-is-evicted.test.ts"];
const startsNothing = ["test/scenario/a-node-starts-nothing.test.ts"];
const probesThatHang = ["test/scenario/probes-that-hang.test.ts"];
const unreadyPods = ["test/unit/functions/pending-rescheduler/unready.test.ts"];
const silentPods = ["test/unit/functions/pending-rescheduler/silent.test.ts"];

/** Rails of pods that do not start, and of orphans. */
export const podMutants: readonly Mutant[] = [
  {
    rail: "probes that hang: one workload alone is no node's trouble",
    file: "functions/pending-rescheduler/unready.ts",
    find: `if (here.length >= severalWorkloads && `,
    replace: `if (`,
    tests: unreadyPods,
  },
  {
    rail: "probes that hang: on other nodes as well",
    file: "functions/pending-rescheduler/unready.ts",
    find: `elsewhere.length === 0 && wellElsewhere) {`,
    replace: `true) {`,
    tests: unreadyPods,
  },
  {
    rail: "pods that stay unready: seldom looked at",
    file: "shared/heal/look-at.ts",
    find: `if (until !== undefined) return file(look, kind, words, { until });
  const before`,
    replace: `const before`,
    tests: probesThatHang,
  },
  {
    rail: "orphans: their own controller is gone",
    file: "shared/rail/ownership.ts",
    find: `if (owners.kind !== "missing" || owners.chain.length > 0 || !isOrphanKind(owners.owner.kind)) {`,
    replace: `if (owners.kind === "bare") {`,
    tests: rails,
  },
  {
    rail: "orphans: their namespace asked for it",
    file: "shared/rail/ownership.ts",
    find: `if (namespace === undefined || !isOptedIn(namespace)) {`,
    replace: `if (namespace === undefined) {`,
    tests: rails,
  },
  {
    rail: "orphans: three looks",
    file: "functions/orphan-sweeper/decide.ts",
    find: `const orphanLooks = 3;`,
    replace: `const orphanLooks = 2;`,
    tests: rounds,
  },
  {
    rail: "orphans: many are no strays",
    file: "functions/orphan-sweeper/decide.ts",
    find: `const strayLimit = 5;`,
    replace: `const strayLimit = 50;`,
    tests: rounds,
  },
  {
    rail: "stuck pods: a ReplicaSet makes another",
    file: "shared/rail/ownership.ts",
    find: `function neverStarted({ pod, owners }: PodSubject): RailAnswer {
  if (owners.kind !== "known" || owners.chain[0]?.ref.kind !== "ReplicaSet") {`,
    replace: `function neverStarted({ pod, owners }: PodSubject): RailAnswer {
  if (owners.kind === "bare") {`,
    tests: neverRan,
  },
  {
    rail: "stuck pods: nothing of them ever ran",
    file: "shared/rail/ownership.ts",
    find: `pod.nodeName === undefined || pod.containers.some(hasRun)) {`,
    replace: `pod.nodeName === undefined) {`,
    tests: neverRan,
  },
  {
    rail: "stuck pods: bound and Pending",
    file: "shared/rail/ownership.ts",
    find: `if (pod.phase !== "Pending" || pod.nodeName === undefined || pod`,
    replace: `if (pod`,
    tests: neverRan,
  },
  {
    rail: "stuck pods: nothing of them is stored",
    file: "shared/rail/ownership.ts",
    find: `return pod.volumeClaims.length === 0 && !pod.hasResourceClaims`,
    replace: `return pod.volumeClaims.length >= 0`,
    tests: neverRan,
  },
  {
    rail: "silent pods: another node starts its own",
    file: "functions/pending-rescheduler/silent.ts",
    find: `if (!isStartingElsewhere(look, around)) {`,
    replace: `if (!isStartingElsewhere(look, around) && look.now < 0) {`,
    tests: startsNothing,
  },
  {
    rail: "silent pods: on many nodes nothing is moved",
    file: "functions/pending-rescheduler/look.ts",
    find: `const manySilentNodes = 3;`,
    replace: `const manySilentNodes = 30;`,
    tests: silentPods,
  },
  {
    rail: "silent pods: evicted only where replacements land elsewhere",
    file: "functions/pending-rescheduler/silent.ts",
    find: `if (luresReplacements(node, subject.pod)) {`,
    replace: `if (luresReplacements(node, subject.pod) && look.now < 0) {`,
    tests: startsNothing,
  },
  {
    rail: "stuck pods: what fails elsewhere too is not this node's",
    file: "functions/pending-rescheduler/bound.ts",
    find: `if (failsOn.length > 0 || look.openCase.verdict?.reason === "FailsOnManyNodes") {`,
    replace: `if (failsOn.length > 99) {`,
    tests: startsNothing,
  },
  {
    rail: "rounds: nothing is read of a cluster that cannot be seen",
    file: "shared/heal/rounds.ts",
    find: `if (hold !== undefined) return putOff(deps, round, hold.reason);`,
    replace: ``,
    tests: rounds,
  },
  {
    rail: "evicted: its grace period is no failure",
    file: "shared/heal/look-at.ts",
    find: `if (pending?.effect?.see === "deleting" && `,
    replace: `if (pending?.effect?.see !== "deleting" && pending !== undefined && `,
    tests: rounds,
  },
];
