import { expect, it } from "vitest";
import { forwarderConfig } from "../../../../functions/forwarder/config.ts";
import { forwarderSettings } from "../../../../functions/forwarder/settings.ts";

const env = { KNITBONE_CLUSTER: "eu-1", KNITBONE_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/1/deltas" };

it("needs a cluster and a queue, and listens on loopback unless told otherwise", () => {
  expect(forwarderConfig(env)).toEqual({
    cluster: "eu-1",
    queueUrl: "https://sqs.eu-central-1.amazonaws.com/1/deltas",
    settings: forwarderSettings(),
    labelKeys: new Set(),
    listen: { host: "127.0.0.1", port: 8080 },
    debug: false,
  });
});

it("takes the rest where it is given", () => {
  const more = {
    KNITBONE_SETTINGS: '{"resync":"2m"}',
    KNITBONE_LABEL_KEYS: "team, example.com/tier,",
    KNITBONE_LISTEN: "0.0.0.0",
    KNITBONE_PORT: "0",
    KNITBONE_LOG: "debug",
    KNITBONE_KUBECONFIG: "kubeconfig.yaml",
    KNITBONE_CONTEXT: "a",
  };
  expect(forwarderConfig({ ...env, ...more })).toMatchObject({
    settings: { resyncMs: 120_000 },
    labelKeys: new Set(["team", "example.com/tier"]),
    listen: { host: "0.0.0.0", port: 0 },
    debug: true,
    kubeconfig: { file: "kubeconfig.yaml", context: "a" },
  });
});

it("names every problem in one error", () => {
  const bad = {
    KNITBONE_CLUSTER: "eu 1",
    KNITBONE_PORT: "http",
    KNITBONE_LOG: "loud",
    KNITBONE_SETTINGS: '{"resync":"soon","x":1}',
  };
  expect(() => forwarderConfig(bad)).toThrow(
    expect.objectContaining({
      code: "ConfigInvalid",
      message:
        'reading the environment: KNITBONE_CLUSTER: "eu 1" is not the id of a cluster (letters, digits, - . _ : @, at most 128); ' +
        "KNITBONE_QUEUE_URL is not set: the URL of the queue of deltas; KNITBONE_PORT: is not a port; " +
        'KNITBONE_LOG: is neither "info" nor "debug"; ' +
        'KNITBONE_SETTINGS: resync: "soon" is not a duration like "90s" or "5m"; KNITBONE_SETTINGS: x: there is no such knob',
    }),
  );
});

it("says when settings are no JSON", () => {
  expect(() => forwarderConfig({ ...env, KNITBONE_SETTINGS: "resync=2m" })).toThrow("KNITBONE_SETTINGS: is not JSON");
});
