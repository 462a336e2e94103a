import { describe, expect, it } from "vitest";
import { deltasBody, encodeDelta, fits, reportBody } from "../../../../functions/forwarder/pack.ts";
import type { Delta } from "../../../../shared/delta/delta.ts";
import { messageLimitBytes } from "../../../../shared/delta/forwarder-message.ts";
import { podFromRaw } from "../../../../shared/kubernetes/pod.ts";
import { noon, rawPod } from "./raw-objects.ts";

function deltaOf(raw: Record<string, unknown>): Delta {
  const state = podFromRaw(raw);
  const { ref: object, resourceVersion } = state;
  return { kind: "suspect", object, resourceVersion, signals: ["PodFailed"], observedAt: noon, traceId: "t", state };
}

const sender = { cluster: "c".repeat(100), epoch: Number.MAX_SAFE_INTEGER };

describe("a message", () => {
  it("never passes 64 KiB, and is as full as it goes", () => {
    const { json } = encodeDelta(deltaOf(rawPod()));
    const deltas: string[] = [];
    for (let used = 0; fits(used, json); used += json.length + 1) deltas.push(json);
    const body = deltasBody(sender, Number.MAX_SAFE_INTEGER, deltas);
    expect(body.length).toBeLessThanOrEqual(messageLimitBytes);
    expect(body.length).toBeGreaterThan(messageLimitBytes - 512 - json.length);
    expect(JSON.parse(body)).toMatchObject({ v: 1, kind: "deltas", ...sender });
    expect(JSON.parse(body).deltas).toHaveLength(deltas.length);
  });
});

describe("a delta that is too large for a message", () => {
  it("goes without its state", () => {
    const annotations = { "kubernetes.io/config.mirror": "é".repeat(20_000) };
    const delta = deltaOf(rawPod({ metadata: { annotations } }));
    const { state: _, ...rest } = delta;
    expect(encodeDelta(delta)).toEqual({ json: JSON.stringify(rest), cut: true });
  });
});

describe("a report that is too large for a message", () => {
  const report = {
    serverVersion: "v1.36.3",
    forwarderVersion: "0.1.0",
    incarnation: "",
    zones: [{ zone: "a", ready: 1, notReady: 0, unknown: 0 }],
    coalesced: 0,
    suspects: 0,
  };
  const pools = (count: number, rare: number) =>
    Array.from({ length: count }, (_, at) => {
      const rarities = Array.from({ length: rare }, (_unused, n) => [`example.com/device-${n}`, 1]);
      const free = { cpu: 4, memory: 2 ** 33, ...Object.fromEntries(rarities) };
      return { pool: `pool-${at}`, nodes: 1, free, largestFree: free };
    });

  it("loses its rare resources first", () => {
    const { body, cut } = reportBody(sender, 1, { ...report, pools: pools(100, 30) });
    expect(cut).toBe(true);
    expect(body.length).toBeLessThanOrEqual(messageLimitBytes);
    expect(JSON.parse(body).report.pools[99]).toEqual({
      pool: "pool-99",
      nodes: 1,
      free: { cpu: 4, memory: 2 ** 33 },
      largestFree: { cpu: 4, memory: 2 ** 33 },
    });
  });

  it("loses its pools before its zones", () => {
    const { body, cut } = reportBody(sender, 1, { ...report, pools: pools(2_000, 0) });
    expect(cut).toBe(true);
    expect(JSON.parse(body).report).toEqual({ ...report, pools: [] });
  });
});
