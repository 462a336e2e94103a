import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** They wait for minutes of Kubernetes' own time: begun last, they would go on alone. */
const longest = [
  "fixtures",
  "acting",
  "killed",
  "hung-processes",
  "runtime-down",
  "causes-of-a-node",
  "causes-left",
  "node-death",
  "drain",
  "pleg",
  "under-our-mark",
  "two-clusters",
  "orphans",
  "not-acting",
  "creation-failures",
  "registry-outage",
  "shared-incident",
  "spill",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(basename(moduleId, ".test.ts"));
      return at < 0 ? longest.length : at;
    };
    return files.toSorted((a, b) => place(a) - place(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

// Real control planes on two cores, which mostly wait: each file has its own, and no more than three run at once. A story that needs a second try
// is broken.
export default defineConfig({
  test: {
    include: ["test/real/**/*.test.ts"],
    globalSetup: ["test/real/build.ts"],
    pool: "forks",
    maxWorkers: 3,
    retry: 0,
    testTimeout: 600_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    reporters: ["verbose"],
    sequence: { sequencer: LongestFirst },
  },
});
