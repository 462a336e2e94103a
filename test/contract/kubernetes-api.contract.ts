import { afterAll, beforeAll, describe } from "vitest";
import { type Bench, openBench } from "./kubernetes-api-bench.ts";
import { beyond } from "./kubernetes-api-beyond.ts";
import { bookmarking } from "./kubernetes-api-bookmarking.ts";
import { creating } from "./kubernetes-api-creating.ts";
import { deleting } from "./kubernetes-api-deleting.ts";
import { discovering } from "./kubernetes-api-discovering.ts";
import { evicting } from "./kubernetes-api-evicting.ts";
import { forgetting } from "./kubernetes-api-forgetting.ts";
import { listing } from "./kubernetes-api-listing.ts";
import { metadataOnly } from "./kubernetes-api-metadata-only.ts";
import { owning } from "./kubernetes-api-owning.ts";
import { patching } from "./kubernetes-api-patching.ts";
import { refusing } from "./kubernetes-api-refusing.ts";
import type { ConnectedServer } from "./kubernetes-api-server.ts";
import { updating } from "./kubernetes-api-updating.ts";
import { watching } from "./kubernetes-api-watching.ts";
import type { Deviations } from "./promises.ts";

/** The bench of the part that runs now; each case asks for it, since it is there only once the tests run. */
export type CurrentBench = () => Bench;

const parts: readonly [name: string, define: (bench: CurrentBench, deviations: Deviations) => void][] = [
  ["discovering", discovering],
  ["creating", creating],
  ["listing", listing],
  ["watching", watching],
  ["bookmarking", bookmarking],
  ["metadata-only", metadataOnly],
  ["updating", updating],
  ["patching", patching],
  ["deleting", deleting],
  ["evicting", evicting],
  ["owning", owning],
  ["refusing", refusing],
  ["forgetting", forgetting],
  ["beyond", beyond],
];

/**
 * What this project relies on from a Kubernetes API server of v1.36, case by case. It needs an administrator's access, the controllers for
 * disruption budgets, garbage and namespaces, no kubelet on the nodes that it makes, and leaves nothing behind.
 */
export function kubernetesApiContract(connect: () => Promise<ConnectedServer>, deviations: Deviations = {}): void {
  let server: ConnectedServer;
  beforeAll(async () => {
    server = await connect();
  });
  afterAll(() => server?.close());

  describe.each(parts)("%s", (name, define) => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await openBench(server, name);
    });
    afterAll(() => bench?.end());
    define(() => bench, deviations);
  });
}
