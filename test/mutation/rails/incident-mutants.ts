import type { Mutant } from "../mutant.ts";

const rails = ["test/scenario/rails-hold-a-heal-back.test.ts"];
const sharedCauses = ["test/scenario/many-failures-of-one-cause.test.ts"];
const incidentHolds = ["test/scenario/an-incident-holds-heals-and-words.test.ts"];

/** Rails of incidents. */
export const incidentMutants: readonly Mutant[] = [
  {
    rail: "incident",
    file: "shared/rail/rails.ts",
    find: `  incidentHold,
`,
    replace: ``,
    tests: rails,
  },
  {
    rail: "incident: words",
    file: "shared/heal/look-at.ts",
    find: `await unlessExplained(seen, facts, judged(seen, facts, clusterNow), clusterNow + heldForMs)`,
    replace: `judged(seen, facts, clusterNow)`,
    tests: incidentHolds,
  },
  {
    rail: "incident: that was only observed holds nobody",
    file: "shared/rail/incident-hold.ts",
    find: `each.mode !== "observe" && `,
    replace: ``,
    tests: incidentHolds,
  },
  {
    rail: "incident: nodes that fail alike",
    file: "shared/rail/incident-hold.ts",
    find: `return node !== undefined && readyStatus(node) !== "True";`,
    replace: `return false;`,
    tests: ["test/unit/shared/rail/incident-hold.test.ts"],
  },
  {
    rail: "incident: never of one node alone",
    file: "shared/incident/rules.ts",
    find: `    distinct(members, placeOf).size >= Math.max(places, share * readyNodes) &&
`,
    replace: ``,
    tests: sharedCauses,
  },
  {
    rail: "incident: told once",
    file: "shared/heal/incident-notice.ts",
    find: `if (settled !== "settled") return;`,
    replace: ``,
    tests: sharedCauses,
  },
  {
    rail: "incident: not closed before it was quiet",
    file: "shared/incident/rules.ts",
    find: `if (quietFor < rules.quietMs * (isProven ? 1 : unprovenTimes)) return undefined;`,
    replace: `if (quietFor < rules.quietMs / 10) return undefined;`,
    tests: sharedCauses,
  },
  {
    rail: "incident: people's own is theirs to close",
    file: "shared/heal/review-incidents.ts",
    find: `if (!incident.id.startsWith(idStem(incident))) return;`,
    replace: ``,
    tests: sharedCauses,
  },
  {
    rail: "incident: an image that does not exist is no evidence",
    file: "functions/dependency-watch/suspects.ts",
    find: `if (remedy === "incident" && registryCauses.has(said)) {`,
    replace: `if (remedy !== "leave") {`,
    tests: sharedCauses,
  },
];
