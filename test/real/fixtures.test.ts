import { expect, test } from "vitest";
import { readFixtures } from "./fixtures/fixture-files.ts";
import { record } from "./fixtures/record.ts";
import { reproduction } from "./fixtures/reproduction.ts";
import { scenarios } from "./fixtures/scenarios.ts";
import { kubernetes } from "./kube/versions.ts";

// The committed samples of test/fixtures/kubernetes are what this Kubernetes says today. A difference that is wanted is recorded by
// `npm run fixtures`, and reviewed as a change of those files.
test("recording all fixtures anew gives the committed bytes, but for their variable parts", async () => {
  const { version } = kubernetes(process.env);
  const committed = await readFixtures(version);
  expect(committed.size, `fixtures of ${version}: npm run fixtures records them`).toBeGreaterThan(0);
  const { fixtures, failures } = await record(scenarios, version, () => {});
  expect(failures).toEqual([]);
  const { reproduced, differ, added, missing } = reproduction(committed, fixtures);
  const differences = [...differ.values()].flat();
  expect({ differences, added, missing }).toEqual({ differences: [], added: [], missing: [] });
  expect(reproduced).toHaveLength(committed.size);
});
