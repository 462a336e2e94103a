import { describe, expect, it } from "vitest";
import type { ParsePolicy } from "../../../../shared/heal/policy.ts";
import { dispatcherConfig, healerConfig } from "../../../../shared/lambda/config.ts";

const parsePolicy: ParsePolicy<{ readonly knob: number; readonly lab: number }> = (values, lab) => {
  const { knob = 2, ...unknown } = (values ?? {}) as { knob?: number };
  const problems = Object.keys(unknown).map((each) => `unknown knob: ${each}`);
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "policy", policy: { knob, lab } };
};

const environment = {
  TABLE_PREFIX: "knitbone",
  QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/terminating-reaper",
  NODE_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/notready-handler",
  QUARANTINE_QUEUE_URL: "http://sqs.eu-west-1.localhost:4599/1/quarantine",
  KNITBONE_VERSION: "1.2.3",
};

describe("a healer's configuration", () => {
  it("has defaults for policy and lab", () => {
    expect(healerConfig(environment, parsePolicy)).toEqual({
      tablePrefix: "knitbone",
      queueUrl: environment.QUEUE_URL,
      nodeQueueUrl: environment.NODE_QUEUE_URL,
      quarantineQueueUrl: environment.QUARANTINE_QUEUE_URL,
      version: "1.2.3",
      lab: 1,
      policy: { knob: 2, lab: 1 },
    });
  });

  it("hands policy and lab to the healer's own parser", () => {
    const config = healerConfig({ ...environment, KNITBONE_POLICY: '{"knob":5}', KNITBONE_LAB: "20" }, parsePolicy);
    expect(config).toMatchObject({ lab: 20, policy: { knob: 5, lab: 20 } });
  });

  it("names every problem at once", () => {
    const bad = { QUEUE_URL: "nowhere", KNITBONE_POLICY: '{"nob":1}', KNITBONE_LAB: "0.5" };
    expect(() => healerConfig(bad, parsePolicy)).toThrow(
      expect.objectContaining({
        code: "ConfigInvalid",
        message:
          "reading the configuration: KNITBONE_LAB is not a number of 1 or more; TABLE_PREFIX is missing; QUARANTINE_QUEUE_URL is missing; KNITBONE_VERSION is missing; KNITBONE_POLICY: unknown knob: nob; QUEUE_URL is no http or https URL; NODE_QUEUE_URL is missing",
      }),
    );
  });

  it.each([
    ["{", "reading the configuration: KNITBONE_POLICY is not JSON"],
    ['{"a":1,"b":2}', "reading the configuration: KNITBONE_POLICY: unknown knob: a; KNITBONE_POLICY: unknown knob: b"],
  ])("refuses the policy %s", (policy, words) => {
    expect(() => healerConfig({ ...environment, KNITBONE_POLICY: policy }, parsePolicy)).toThrow(words);
  });

  it.each(["0", "-1", "x", "NaN", "Infinity"])("refuses the lab factor %s", (lab) => {
    expect(() => healerConfig({ ...environment, KNITBONE_LAB: lab }, parsePolicy)).toThrow(
      "reading the configuration: KNITBONE_LAB is not a number of 1 or more",
    );
  });
});

describe("the dispatcher's configuration", () => {
  const own = {
    ...environment,
    ROUTES: '{"PodOverdue":["terminating-reaper"]}',
    HEALER_QUEUES: '{"terminating-reaper":"https://sqs/1/tr"}',
  };

  it("holds routes and queues", () => {
    expect(dispatcherConfig(own)).toMatchObject({
      routes: { PodOverdue: ["terminating-reaper"] },
      healerQueueUrls: { "terminating-reaper": "https://sqs/1/tr" },
    });
  });

  it.each([
    ["ROUTES", "", "ROUTES is missing"],
    ["ROUTES", "[]", "ROUTES is not a JSON object"],
    ["ROUTES", '{"PodSad":[]}', "ROUTES: unknown signal PodSad"],
    ["ROUTES", '{"PodOverdue":"x"}', "ROUTES: PodOverdue is not a list of healers"],
    ["HEALER_QUEUES", "x", "HEALER_QUEUES is not JSON"],
    ["HEALER_QUEUES", '{"a":"b"}', "HEALER_QUEUES: a has no http or https URL"],
  ])("refuses %s=%s", (name, value, words) => {
    expect(() => dispatcherConfig({ ...own, [name]: value })).toThrow(`reading the configuration: ${words}`);
  });
});
