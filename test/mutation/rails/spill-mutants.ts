import type { Mutant } from "../mutant.ts";

const spills = ["test/scenario/rails-hold-a-spill-back.test.ts"];
const spillVerdicts = ["test/unit/functions/pending-rescheduler/decide-workload.test.ts"];

/** Rails of spills. */
export const spillMutants: readonly Mutant[] = [
  {
    rail: "spill: only where it was asked for",
    file: "shared/rail/spill-ownership.ts",
    find: `return wantsSpill(workload, namespace)`,
    replace: `return wantsSpill(workload, namespace) || true`,
    tests: spills,
  },
  {
    rail: "spill: only our own",
    file: "shared/rail/spill-ownership.ts",
    find: `if (spill?.ref.uid !== heal.spill.uid) return`,
    replace: `if (spill !== undefined && spill.ref.uid !== heal.spill.uid) return unproven(""); if (spill === undefined) return pass; if (false) return`,
    tests: spills,
  },
  {
    rail: "spill: not what somebody else has changed",
    file: "shared/rail/spill-ownership.ts",
    find: `if (isTouched(spill)) return`,
    replace: `if (false) return`,
    tests: spills,
  },
  {
    rail: "spill: not what holds something",
    file: "shared/rail/spill-ownership.ts",
    find: `return holdings.length > 0 ?`,
    replace: `return holdings.length > 9 ?`,
    tests: spills,
  },
  {
    rail: "spill: never larger than its original",
    file: "shared/rail/spill-ownership.ts",
    find: `if (isLarger) return`,
    replace: `if (false) return`,
    tests: spills,
  },
  {
    rail: "spill: two never count the same room",
    file: "shared/capacity/reservation.ts",
    find: `others.filter((each) => each.until > room.reportedAt)`,
    replace: `others.filter((each) => each.until < room.reportedAt)`,
    tests: ["test/scenario/a-workload-spills-into-another-pool.test.ts"],
    cases: "two workloads",
  },
  {
    rail: "spill: the last look sees the same one",
    file: "shared/heal/last-look.ts",
    find: `if (isSpillHeal(again) && isSpillHeal(planned)) return isSameSpill(again, planned);`,
    replace: "",
    tests: spills,
  },
  {
    rail: "spill: capacity proof",
    file: "functions/pending-rescheduler/other-pool.ts",
    find: `if (!isOneHeld || fits < replicas) return undefined;`,
    replace: "",
    tests: spillVerdicts,
  },
  {
    rail: "spill: every node of the pool would take it",
    file: "functions/pending-rescheduler/other-pool.ts",
    find: `if (!allTake(facts, pool, pod)) return undefined;`,
    replace: "",
    tests: spillVerdicts,
  },
  {
    rail: "spill: refusals",
    file: "functions/pending-rescheduler/decide-workload.ts",
    find: `if (refusal !== undefined) return { kind: "escalate", ...refusal };`,
    replace: "",
    tests: spillVerdicts,
  },
  {
    rail: "spill: an owner's budget",
    file: "shared/rail/action-budgets.ts",
    find: `(heal.kind === "RemoveSpill" ? []`,
    replace: `(heal.kind.endsWith("Spill") ? []`,
    tests: spills,
  },
];
