import type { Mutant } from "../mutant.ts";

const rails = ["test/scenario/rails-hold-a-heal-back.test.ts"];
const heal = ["test/scenario/a-heal-and-its-verification.test.ts"];
const budgets = ["test/scenario/budgets-bound-the-blast-radius.test.ts"];
const crashes = ["test/scenario/a-crash-at-every-step.test.ts"];
const afterwards = ["test/scenario/after-a-crash.test.ts"];
const words = ["test/scenario/words-and-shadows.test.ts"];
const subjectRail = (name: string): Mutant => ({
  rail: name,
  file: "shared/rail/rails.ts",
  find: `subjectRails: readonly SubjectRail[] = [optOut, protectedClass, foreignRemediator]`,
  replace: `subjectRails: readonly SubjectRail[] = [optOut, protectedClass, foreignRemediator].filter((each) => each !== ${name})`,
  tests: rails,
});

const budget = (scope: string, find: string): Mutant => ({
  rail: `budget: ${scope}`,
  file: "shared/rail/limits.ts",
  find,
  replace: find.replace(/limit: \d+/, "limit: 49"),
  tests: budgets,
});

/** Rails that every heal meets, and what stands behind a crash. */
export const healMutants: readonly Mutant[] = [
  {
    rail: "flag: off",
    file: "shared/heal/pipeline.ts",
    find: `if (mode === "off" && !mayEnd(message, stored)) return`,
    replace: `if (String(mode) === "never") return`,
    tests: rails,
  },
  {
    rail: "flag: absent or unreadable",
    file: "shared/heal/pipeline.ts",
    find: `const mode = flag.kind === "mode" ? flag.mode : "observe";`,
    replace: `const mode = flag.kind === "mode" ? flag.mode : "act"; if (flag.kind !== "mode") Object.assign(flag, { kind: "mode", mode: "act", row: { scope: "*", healer: "*", mode: "act", by: "", reason: "", updatedAt: 0 } });`,
    tests: rails,
  },
  {
    rail: "cluster freshness",
    file: "shared/rail/freshness.ts",
    find: `return ageMs > limits.reportMaxAgeMs`,
    replace: `return ageMs > Number.POSITIVE_INFINITY`,
    tests: rails,
  },
  {
    rail: "breaker",
    file: "shared/rail/freshness.ts",
    find: `breaker !== undefined && breaker.openUntil > now`,
    replace: `breaker !== undefined && breaker.openUntil > now + 1e15`,
    tests: rails,
  },
  {
    rail: "storm brake",
    file: "shared/rail/storm-brake.ts",
    find: `brake.state === "frozen"`,
    replace: `(brake.state as string) === "never"`,
    tests: rails,
  },
  {
    rail: "case: too early",
    file: "shared/heal/pipeline.ts",
    find: `return modeChanged && stored.pending === undefined ? undefined : { kind: "TooEarly" };`,
    replace: `return modeChanged ? undefined : undefined;`,
    tests: words,
  },
  subjectRail("optOut"),
  subjectRail("protectedClass"),
  subjectRail("foreignRemediator"),
  {
    rail: "bare pods",
    file: "shared/rail/rails.ts",
    find: `  barePod,
`,
    replace: ``,
    tests: rails,
  },
  {
    rail: "ownership",
    file: "shared/rail/rails.ts",
    find: `  ownership,
`,
    replace: ``,
    tests: rails,
  },
  {
    rail: "disruption budget",
    file: "shared/heal/attempt.ts",
    find: `() => disruptionBudget(look.cluster, subject),`,
    replace: ``,
    tests: rails,
  },
  budget("one node at a time", `nodePace: { limit: 1, windowMs: seconds(60) }`),
  budget("nodes of a cluster", `nodesOfCluster: { limit: 3, windowMs: hours(1) }`),
  budget("nodes of the fleet", `nodesOfFleet: { limit: 10, windowMs: hours(1) }`),
  budget("nodes given back", `untainted: { limit: 20, windowMs: minutes(10) }`),
  budget("owner in flight", `ownerInFlight: { limit: 1, windowMs: minutes(10) }`),
  budget("owner", `owner: { limit: 3, windowMs: hours(1) }`),
  budget("node", `nodeUntainted: { limit: 2, windowMs: minutes(10) }`),
  budget("tainted node", `nodeTainted: { limit: 5, windowMs: minutes(10) }`),
  budget("evictions of a node", `node: { limit: 5, windowMs: minutes(10) }`),
  budget("namespace", `namespace: { limit: 10, windowMs: minutes(10) }`),
  budget("cluster", `cluster: { limit: 20, windowMs: minutes(10) }`),
  {
    ...budget("fleet", `fleet: { limit: 50, windowMs: minutes(10) }`),
    replace: `fleet: { limit: 500, windowMs: minutes(10) }`,
  },
  {
    ...budget("terminal pods of a namespace", `terminalNamespace: { limit: 300, windowMs: minutes(10) }`),
    replace: `terminalNamespace: { limit: 3_000, windowMs: minutes(10) }`,
  },
  {
    ...budget("terminal pods of a cluster", `terminalCluster: { limit: 600, windowMs: minutes(10) }`),
    replace: `terminalCluster: { limit: 6_000, windowMs: minutes(10) }`,
  },
  {
    rail: "halved budgets",
    file: "shared/rail/action-budgets.ts",
    find: `limit: halved ? Math.max(1, Math.floor(limit / 2)) : limit,`,
    replace: `limit: halved ? limit : limit,`,
    tests: budgets,
  },
  {
    rail: "budgets given back on refusal",
    file: "shared/heal/spending.ts",
    find: `await giveBackAll(spent);
      deps`,
    replace: `deps`,
    tests: budgets,
  },
  {
    rail: "claim on the object",
    file: "shared/heal/claiming.ts",
    find: `if (answer.kind === "held") {`,
    replace: `if (answer.kind === "held" && answer.until < 0) {`,
    tests: rails,
  },
  {
    rail: "claim: under the case that was judged",
    file: "shared/heal/attempt.ts",
    find: `?.version !== openCase.version) {`,
    replace: `?.version === undefined) {`,
    tests: crashes,
  },
  {
    rail: "what was sent stands on the case, whoever stamped it meanwhile",
    file: "shared/heal/record-attempt.ts",
    find: `if (filed !== "conflict" || changes.pending === undefined) return filed;`,
    replace: `if (filed !== undefined) return filed;`,
    tests: crashes,
  },
  {
    rail: "claim: kept until the case says what was sent",
    file: "shared/heal/attempt.ts",
    find: `const release = outcome.kind === "Done" ? { release: claimed.release } : {};`,
    replace: `const release = {}; if (outcome.kind === "Done") await claimed.release();`,
    tests: crashes,
  },
  {
    rail: "claim: what a dead holder left is settled before it is taken",
    file: "shared/heal/claiming.ts",
    find: `const before = await deps.claims.read(cluster, uid);`,
    replace: `const before = undefined as { actionId: string; expiresAt: number } | undefined;`,
    tests: afterwards,
  },
  {
    rail: "gone: a later attempt than the recorded one is settled too",
    file: "shared/heal/verification.ts",
    find: `[claim?.actionId, known]`,
    replace: `[known ?? claim?.actionId]`,
    tests: afterwards,
  },
  {
    rail: "case: stands open before anything is planned",
    file: "shared/heal/look-at.ts",
    find: `if (!look.isNew) return look;`,
    replace: `if (look.openCase.version > 0) return look;`,
    tests: afterwards,
  },
  {
    rail: "escalation: told is what was told",
    file: "shared/heal/escalation.ts",
    find: `if (told.kind === "Done") return settle(`,
    replace: `if (told.kind !== undefined) return settle(`,
    tests: afterwards,
  },
  {
    rail: "claim on its node",
    file: "shared/heal/claiming.ts",
    find: `if (nodeClaim !== undefined && nodeClaim.expiresAt > at) {`,
    replace: `if (nodeClaim !== undefined && nodeClaim.expiresAt < 0) {`,
    tests: rails,
  },
  {
    rail: "last look: flag",
    file: "shared/heal/last-look.ts",
    find: `if (flag.mode !== look.mode)`,
    replace: `if (flag.mode === undefined)`,
    tests: rails,
  },
  {
    rail: "last look: brake and other rails",
    file: "shared/heal/last-look.ts",
    find: `if (held.kind !== "pass") return withdrawn(held.reason, held.message);`,
    replace: ``,
    tests: rails,
  },
  {
    rail: "last look: the healer decides again",
    file: "shared/heal/last-look.ts",
    find: `const again = healer.decide(facts, withMemory(openCase, facts.subject, clusterNow), clusterNow);`,
    replace: `const again = { kind: "heal", heal: planned, reason: "", message: "" } as ReturnType<typeof healer.decide>;`,
    tests: rails,
  },
  {
    rail: "last look: incidents",
    file: "shared/heal/last-look.ts",
    find: `deps.incidents.openFor(id),`,
    replace: `Promise.resolve([]),`,
    tests: rails,
  },
  {
    rail: "last look: the node's taint",
    file: "shared/heal/last-look.ts",
    find: `if (luresAgain(before, subject)) {`,
    replace: `if (luresAgain(before, before)) {`,
    tests: rails,
  },
  {
    rail: "last look: age",
    file: "shared/heal/last-look.ts",
    find: `if (deps.clock.monotonic() - startedAt > limits.lastLookMaxAgeMs) {`,
    replace: `if (startedAt < 0) {`,
    tests: rails,
  },
  {
    rail: "outcome Unknown keeps its claim",
    file: "shared/heal/attempt.ts",
    find: `const release = outcome.kind === "Done" ? { release: claimed.release } : {};`,
    replace: `const release = { release: claimed.release };`,
    tests: heal,
  },
  {
    rail: "verification",
    file: "shared/heal/look-at.ts",
    find: `if (pending !== undefined && now < pending.sentAt + verifyAfterMs) return { kind: "TooEarly" };`,
    replace: `if (pending !== undefined) return { kind: "TooEarly" };`,
    tests: heal,
  },
  {
    rail: "attempt budget",
    file: "shared/heal/look-at.ts",
    find: `withoutSeenEffect >= limits.attempts`,
    replace: `withoutSeenEffect >= 1_000`,
    tests: heal,
  },
  {
    rail: "escalated once",
    file: "shared/heal/escalation.ts",
    find: `if (subject.escalated !== undefined) {`,
    replace: `Object.assign(subject, { openedAt: look.deps.clock.now() }); if (subject.version < 0) {`,
    tests: words,
  },
  {
    rail: "observe mode",
    file: "shared/heal/attempt.ts",
    find: `if (mode === "observe") {
    await settle("Observed"`,
    replace: `if (mode === undefined) {
    await settle("Observed"`,
    tests: words,
  },
  {
    rail: "observe mode holds for an hour",
    file: "shared/heal/record-attempt.ts",
    find: `shadowHeldUntil: until,
        nextLookAt: until,`,
    replace: ``,
    tests: words,
  },
  {
    rail: "another uid under the name",
    file: "shared/heal/subject.ts",
    find: ` || found.object.ref.uid !== object.uid) return undefined;
  const pod = found.object;`,
    replace: `) return undefined;
  const pod = found.object;`,
    tests: heal,
  },
  {
    rail: "ledger: planned before the write",
    file: "shared/heal/attempt.ts",
    find: `await deps.ledger.plan(plannedAction(look, facts, verdict, actionId, spent.keys));`,
    replace: `packEvidence(plannedAction(look, facts, verdict, actionId, spent.keys));`,
    tests: heal,
  },
];
