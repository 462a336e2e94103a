import type { Mutant } from "./mutant.ts";
import { healMutants } from "./rails/heal-mutants.ts";
import { incidentMutants } from "./rails/incident-mutants.ts";
import { nodeMutants } from "./rails/node-mutants.ts";
import { podMutants } from "./rails/pod-mutants.ts";
import { spillMutants } from "./rails/spill-mutants.ts";

/** Every rail of `design.md` §5, each removed on its own. */
export const mutants: readonly Mutant[] = [
  ...healMutants,
  ...nodeMutants,
  ...podMutants,
  ...incidentMutants,
  ...spillMutants,
];
