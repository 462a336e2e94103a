import { KnitboneError } from "../errors.ts";
import type { Outcome } from "../heal/heal.ts";
import { isSameMark, type NodeMark } from "../kubernetes/node-marks.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { type Raw, rawList, rawObject, rawText } from "../kubernetes/raw.ts";
import { taintFromRaw } from "../kubernetes/taint.ts";
import type { Instant } from "../time/clock.ts";

export interface TaintChange {
  readonly node: ObjectRef;
  /** As it was judged. */
  readonly resourceVersion: string;
  readonly taint: NodeMark;
  readonly change: "add" | "remove";
}

/** What a change of a node comes to: an outcome without a write, or the body of a merge patch. */
export type NodeStep =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "patch"; readonly body: object };

/** From the node as the server has it. */
export function taintPatch(
  raw: Raw | undefined,
  { node, resourceVersion, taint, change }: TaintChange,
  now: Instant,
): NodeStep {
  const metadata = rawObject(raw?.["metadata"]);
  if (raw === undefined || rawText(metadata["uid"]) !== node.uid) return without({ kind: "Gone" });
  const taints = rawList(rawObject(raw["spec"])["taints"]);
  const others = taints.filter((each) => !isSameMark(taintFromRaw(each), taint));
  const stands = others.length < taints.length;
  if (stands === (change === "add")) return without({ kind: "Done" });
  if (rawText(metadata["resourceVersion"]) !== resourceVersion) {
    return without({ kind: "Conflict", message: "the node has been modified since it was judged" });
  }
  if (change === "add" && others.some((each) => each["key"] === taint.key && each["effect"] === taint.effect)) {
    // The server knows taints by key and effect: ours would replace somebody's.
    return without({ kind: "Denied", message: `another value of ${taint.key}:${taint.effect} stands there` });
  }
  // A merge patch replaces the list as a whole: the others stand in it as they came, with their times.
  const next = change === "add" ? [...others, { ...written(taint), timeAdded: wholeSeconds(now) }] : others;
  return { kind: "patch", body: { metadata: { uid: node.uid, resourceVersion }, spec: { taints: next } } };
}

/** What was to be written could not be read before: nothing was sent. */
export function unreadBeforeWrite(thrown: unknown): Outcome {
  if (!(thrown instanceof KnitboneError)) throw thrown;
  return { kind: "Conflict", message: `reading before the write: ${thrown.message}` };
}

/** The server refuses a patch that names another uid as an attempt to change it: the name belongs to another node by now. */
export function goneByUid(outcome: Outcome): Outcome {
  return outcome.kind === "Denied" && outcome.message.includes("metadata.uid: Invalid value")
    ? { kind: "Gone" }
    : outcome;
}

function without(outcome: Outcome): { readonly kind: "outcome"; readonly outcome: Outcome } {
  return { kind: "outcome", outcome };
}

function written({ key, value, effect }: NodeMark): object {
  return { key, ...(value === "" ? {} : { value }), effect };
}

function wholeSeconds(instant: Instant): string {
  return new Date(Math.floor(instant / 1_000) * 1_000).toISOString().replace(".000Z", "Z");
}
