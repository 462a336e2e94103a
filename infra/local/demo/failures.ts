import { ladderFailures } from "./ladder-failures.ts";
import type { NamedFailure } from "./named-failure.ts";
import { nodeFailures } from "./node-failures.ts";
import { orphanFailures } from "./orphan-failures.ts";
import { pendingFailures } from "./pending-failures.ts";
import { residueFailures } from "./residue-failures.ts";
import { sharedCauseFailures } from "./shared-cause-failures.ts";
import { sourceFailures } from "./source-failures.ts";
import { sparedFailures } from "./spared-failures.ts";
import { stormFailure } from "./storm-failure.ts";
import { terminatingFailures } from "./terminating-failures.ts";

const calm: readonly NamedFailure[] = [
  ...residueFailures,
  ...terminatingFailures,
  ...sparedFailures,
  ...nodeFailures,
  ...ladderFailures,
  ...sourceFailures,
  ...orphanFailures,
  ...pendingFailures,
  ...sharedCauseFailures,
];
const ofCluster = (cluster: NamedFailure["cluster"]) => calm.filter((each) => each.cluster === cluster);
const south = ofCluster("south");

/** Everything that goes wrong in the demo, in the order in which people see it. */
export const namedFailures: readonly NamedFailure[] = [
  ...ofCluster("north"),
  ...ofCluster("east"),
  ...ofCluster("west"),
  ...south,
  stormFailure(south.map(({ name }) => name)),
];
