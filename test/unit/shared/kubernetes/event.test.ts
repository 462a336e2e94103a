import { describe, expect, it } from "vitest";
import { eventFromRaw } from "../../../../shared/kubernetes/event.ts";

describe("eventFromRaw", () => {
  it("reads an Event of core/v1", () => {
    const event = eventFromRaw({
      metadata: { name: "e", namespace: "shop", uid: "u" },
      type: "Warning",
      reason: "FailedKillPod",
      message: "error killing pod",
      count: 7,
      lastTimestamp: "2026-11-21T11:00:00Z",
      source: { component: "kubelet", host: "n1" },
      involvedObject: { kind: "Pod", namespace: "shop", name: "web-1", uid: "p" },
    });
    expect(event).toMatchObject({
      reason: "FailedKillPod",
      source: "kubelet",
      count: 7,
      lastSeenAt: Date.parse("2026-11-21T11:00:00Z"),
      regarding: { kind: "Pod", namespace: "shop", name: "web-1", uid: "p" },
    });
  });

  it("reads an Event of events.k8s.io/v1 with its series", () => {
    const event = eventFromRaw({
      reason: "FailedScheduling",
      note: "0/3 nodes are available",
      reportingController: "default-scheduler",
      eventTime: "2026-11-21T10:00:00.000000Z",
      series: { count: 12, lastObservedTime: "2026-11-21T11:30:00.000000Z" },
      regarding: { kind: "Pod", namespace: "shop", name: "web-1", uid: "p" },
    });
    expect(event).toMatchObject({
      source: "default-scheduler",
      message: "0/3 nodes are available",
      count: 12,
      lastSeenAt: Date.parse("2026-11-21T11:30:00Z"),
    });
  });
});
