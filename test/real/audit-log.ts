import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { productGroup } from "./audit-policy.ts";

/** One finished request, as the API server wrote it down (audit.k8s.io/v1, stage ResponseComplete). */
export interface AuditRecord {
  readonly auditId: string;
  readonly verb: string;
  readonly requestUri: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly userAgent: string;
  readonly object: {
    readonly resource: string;
    readonly subresource: string;
    readonly namespace: string;
    readonly name: string;
  };
  /** The body, where the policy keeps it. */
  // biome-ignore lint/suspicious/noExplicitAny: the body of whatever was written
  readonly requestObject: any;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Instants by the API server's clock, milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly completedAt: number;
}

/** A pod that a request removed: by DELETE or by eviction. */
export interface PodRemoval {
  readonly by: "delete" | "eviction";
  readonly namespace: string;
  readonly name: string;
  /** The uid that the request insisted on; undefined when it would have taken any pod of that name. */
  readonly preconditionUid: string | undefined;
  readonly gracePeriodSeconds: number | undefined;
  readonly record: AuditRecord;
}

export interface AuditLog {
  /** All records so far, oldest first. Reads what is new in the file. */
  records(): readonly AuditRecord[];
  /** Everything but reads, by anybody in the product's group. Denied and failed attempts are in it. */
  productWrites(): readonly AuditRecord[];
  /** Removals of pods that the API server granted. */
  podRemovals(by?: (record: AuditRecord) => boolean): readonly PodRemoval[];
}

const reads = new Set(["get", "list", "watch"]);

export const byProduct = (record: AuditRecord): boolean => record.groups.includes(productGroup);
export const granted = (record: AuditRecord): boolean => record.status >= 200 && record.status < 300;

export function auditLog(path: string): AuditLog {
  const known: AuditRecord[] = [];
  let offset = 0;
  let unfinished = Buffer.alloc(0);

  const records = (): readonly AuditRecord[] => {
    const read = readFrom(path, offset);
    offset += read.length;
    const bytes = Buffer.concat([unfinished, read]);
    // The server may be in the middle of a line.
    const end = bytes.lastIndexOf(0x0a) + 1;
    unfinished = Buffer.from(bytes.subarray(end));
    for (const line of bytes.subarray(0, end).toString("utf8").split("\n")) {
      if (line !== "") known.push(...parseRecord(line));
    }
    return known;
  };

  return {
    records,
    productWrites: () => records().filter((record) => byProduct(record) && !reads.has(record.verb)),
    podRemovals: (by = () => true) => records().filter(granted).filter(by).flatMap(podRemoval),
  };
}

function readFrom(path: string, offset: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - offset));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}

interface WrittenRecord {
  stage: string;
  auditID: string;
  verb: string;
  requestURI: string;
  user: { username?: string; groups?: string[] };
  userAgent?: string;
  objectRef?: { resource?: string; subresource?: string; namespace?: string; name?: string };
  requestObject?: unknown;
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

function parseRecord(line: string): AuditRecord[] {
  const written = JSON.parse(line) as WrittenRecord;
  if (written.stage !== "ResponseComplete") return [];
  const { objectRef = {} } = written;
  return [
    {
      auditId: written.auditID,
      verb: written.verb,
      requestUri: written.requestURI,
      user: written.user.username ?? "",
      groups: written.user.groups ?? [],
      userAgent: written.userAgent ?? "",
      object: {
        resource: objectRef.resource ?? "",
        subresource: objectRef.subresource ?? "",
        namespace: objectRef.namespace ?? "",
        name: objectRef.name ?? "",
      },
      requestObject: written.requestObject,
      status: written.responseStatus?.code ?? 0,
      receivedAt: Date.parse(written.requestReceivedTimestamp),
      completedAt: Date.parse(written.stageTimestamp),
    },
  ];
}

function podRemoval(record: AuditRecord): PodRemoval[] {
  const { verb, object, requestObject } = record;
  if (object.resource !== "pods") return [];
  const isDelete = verb === "delete" && object.subresource === "";
  const isEviction = verb === "create" && object.subresource === "eviction";
  if (!(isDelete || isEviction)) return [];
  const options = isDelete ? requestObject : requestObject?.deleteOptions;
  return [
    {
      by: isDelete ? "delete" : "eviction",
      namespace: object.namespace,
      name: object.name,
      preconditionUid: options?.preconditions?.uid,
      gracePeriodSeconds: options?.gracePeriodSeconds,
      record,
    },
  ];
}
