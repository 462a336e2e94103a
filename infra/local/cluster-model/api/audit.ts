import type { Json } from "../objects/json.ts";

/** One write as the API server saw it: the oracle of every test. Reads are only counted. */
export interface AuditRecord {
  at: number;
  verb: "create" | "update" | "patch" | "delete" | "deletecollection";
  user: string;
  userAgent: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Status code of the answer. */
  code: number;
  preconditionUid?: string;
  preconditionResourceVersion?: string;
  gracePeriodSeconds?: number;
  dryRun: boolean;
  requestBody?: Json;
  /** uid of the object before the write, if there was one. */
  uidBefore?: string;
  /** resourceVersion of the object before the write, if there was one. */
  resourceVersionBefore?: string;
}

export interface AuditLog {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** Records that were dropped because the log was full. */
  dropped(): number;
  /** Reads so far by user and verb: `"system:kubelet get"`. */
  readonly reads: ReadonlyMap<string, number>;
  write(record: AuditRecord): void;
  read(user: string, verb: string): void;
}

/** `limit`: the oldest tenth is dropped beyond it, so that a demo that runs for days stays small. */
export function auditLog(limit = 100_000): AuditLog {
  const records: AuditRecord[] = [];
  const reads = new Map<string, number>();
  let dropped = 0;
  return {
    records,
    reads,
    dropped: () => dropped,
    write(record) {
      records.push(record);
      if (records.length > limit) dropped += records.splice(0, Math.ceil(limit / 10)).length;
    },
    read(user, verb) {
      const key = `${user} ${verb}`;
      reads.set(key, (reads.get(key) ?? 0) + 1);
    },
  };
}
