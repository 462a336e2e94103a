import { describe, expect, it } from "vitest";
import { forwarderSettings, parseForwarderSettings } from "../../../../functions/forwarder/settings.ts";

describe("knobs", () => {
  it("are the defaults when nothing is said", () => {
    expect(parseForwarderSettings({})).toEqual({ kind: "settings", settings: forwarderSettings() });
  });

  it("are read as an operator writes them", () => {
    const given = { resync: "2m", silentSettle: "2m", milestones: "off", resyncJitter: 0.2, poolLabel: "pool" };
    expect(parseForwarderSettings(given)).toEqual({
      kind: "settings",
      settings: {
        ...forwarderSettings(),
        resyncMs: 120_000,
        silentSettleMs: 120_000,
        milestones: false,
        resyncJitter: 0.2,
        poolLabel: "pool",
      },
    });
  });

  it("tell all their problems at once", () => {
    const given = {
      resync: "soon",
      reportEvery: "5m",
      watchIdle: "60s",
      milestones: true,
      resyncJitter: 2,
      poolLabel: "",
      lingr: "1s",
      drain: 5,
    };
    expect(parseForwarderSettings(given, 0)).toEqual({
      kind: "problems",
      problems: [
        'resync: "soon" is not a duration like "90s" or "5m"',
        'reportEvery: "5m" is not between 5s and 1m',
        'watchIdle: "60s" is not between 1m5s and 1m35s',
        'milestones: true is neither "on" nor "off"',
        "resyncJitter: 2 is not a number from 0 to 0.5",
        'poolLabel: "" is not the key of a label',
        "lingr: there is no such knob",
        'drain: 5 is not a duration like "90s" or "5m"',
        "lab: 0 is below 1",
      ],
    });
  });

  it("cannot back off below where they begin", () => {
    expect(parseForwarderSettings({ resync: "10m", resyncMax: "5m" })).toEqual({
      kind: "problems",
      problems: ["resyncMax: is below resync"],
    });
  });

  it.each([[null], ["text"], [[]], [5]])("%j are none", (values) => {
    expect(parseForwarderSettings(values).kind).toBe("problems");
  });
});

it("the lab divides settle and resync times, and nothing else", () => {
  expect(forwarderSettings({}, 20)).toEqual({
    ...forwarderSettings(),
    resyncMs: 3_000,
    resyncMaxMs: 30_000,
    unscheduledSettleMs: 4_500,
    silentSettleMs: 4_500,
    startingSettleMs: 15_000,
    unreadySettleMs: 15_000,
  });
});
