import type { ClusterReport, PoolReport } from "../../shared/delta/cluster-report.ts";
import type { Delta } from "../../shared/delta/delta.ts";
import { forwarderMessageVersion, messageLimitBytes } from "../../shared/delta/forwarder-message.ts";
import { encodeAscii } from "./encode.ts";

/** Who speaks; every message begins with it. */
export interface Sender {
  readonly cluster: string;
  readonly epoch: number;
}

/** Room for the envelope: cluster id (at most 253), epoch and sequence (16 digits each) and the member names come to less. */
const envelopeBytes = 512;
const limit = messageLimitBytes - envelopeBytes;

/**
 * One delta as ASCII JSON that fits a message. A state that does not fit (a pod of a hundred failing containers, a huge annotation) is left
 * out: a delta is a hint, and who acts reads the live object.
 */
export function encodeDelta(delta: Delta): { readonly json: string; readonly cut: boolean } {
  const whole = encodeAscii(delta);
  if (whole.length <= limit) return { json: whole, cut: false };
  const { state: _, ...rest } = delta;
  return { json: encodeAscii(rest), cut: true };
}

/** Whether another delta of this length still fits behind `usedBytes`. */
export function fits(usedBytes: number, json: string): boolean {
  return usedBytes + json.length + 1 <= limit;
}

/** A `DeltasMessage` out of encoded deltas. */
export function deltasBody(sender: Sender, sequence: number, deltas: readonly string[]): string {
  const envelope = encodeAscii({ v: forwarderMessageVersion, kind: "deltas", ...sender, sequence });
  return `${envelope.slice(0, -1)},"deltas":[${deltas.join(",")}]}`;
}

const commonResources = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);

/** A `ReportMessage` that fits. A cluster of hundreds of pools loses first its rare resources, then its pools: never its zones. */
export function reportBody(
  sender: Sender,
  sequence: number,
  report: ClusterReport,
): { readonly body: string; readonly cut: boolean } {
  const encode = (pools: readonly PoolReport[]) =>
    encodeAscii({ v: forwarderMessageVersion, kind: "report", ...sender, sequence, report: { ...report, pools } });
  const whole = encode(report.pools);
  if (whole.length <= messageLimitBytes) return { body: whole, cut: false };
  const common = (amounts: PoolReport["free"]) =>
    Object.fromEntries(Object.entries(amounts).filter(([resource]) => commonResources.has(resource)));
  const lean = encode(
    report.pools.map((each) => ({ ...each, free: common(each.free), largestFree: common(each.largestFree) })),
  );
  return { body: lean.length <= messageLimitBytes ? lean : encode([]), cut: true };
}
