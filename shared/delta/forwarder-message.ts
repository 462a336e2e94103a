import type { ClusterReport } from "./cluster-report.ts";
import type { Delta } from "./delta.ts";

/** The version of the wire format. A dispatcher accepts this one and the one before it. */
export const forwarderMessageVersion = 1;

/** A billing quantum of SQS: a message is packed up to this many bytes of ASCII. */
export const messageLimitBytes = 64 * 1024;

interface Envelope {
  readonly v: number;
  /** The sender's own claim; the dispatcher believes the queue's SenderId instead and quarantines a mismatch. */
  readonly cluster: string;
  /** The API server's Date in ms when this forwarder began or took leadership; always above the last. */
  readonly epoch: number;
  /** Rises by one with every message of an epoch, from 1. */
  readonly sequence: number;
}

export interface DeltasMessage extends Envelope {
  readonly kind: "deltas";
  readonly deltas: readonly Delta[];
}

export interface ReportMessage extends Envelope {
  readonly kind: "report";
  readonly report: ClusterReport;
}

/** What a forwarder puts on the queue `deltas`. */
export type ForwarderMessage = DeltasMessage | ReportMessage;

/** Why a message cannot be used: the code goes with it into quarantine. */
export type MalformedCode =
  | "Oversized"
  | "NotJson"
  | "TooDeep"
  | "ForbiddenKey"
  | "UnknownVersion"
  | "SchemaViolation"
  | "UnknownSender"
  | "ForgedCluster";

export type Parsed<T> =
  | { readonly kind: "parsed"; readonly message: T }
  | { readonly kind: "malformed"; readonly code: MalformedCode; readonly detail: string };
