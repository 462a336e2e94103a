import type { AuditRecord } from "../../infra/local/cluster-model/api/audit.ts";
import { isJsonObject, type Json } from "../../infra/local/cluster-model/objects/json.ts";
import type { Instant } from "../../shared/time/clock.ts";

export const sentStamp = (at: Instant): string => `sent=${at}`;

/** A write of the product as the API server's audit log has it. */
export interface Write {
  /** When the server judged it. */
  readonly at: Instant;
  /** When its client sent it, by its User-Agent. */
  readonly sentAt: Instant;
  readonly healer: string;
  readonly kind: "forceDelete" | "evict" | "node" | "event" | "other";
  readonly isAccepted: boolean;
  /** Of the object that the name stood for when the server judged it. */
  readonly uid: string | undefined;
  /** Of the object that the writer meant. */
  readonly wantedUid: string | undefined;
  readonly wantedVersion: string | undefined;
  readonly namespace: string;
  readonly name: string;
  /** A node's taints, as the write leaves them. */
  readonly taints: readonly string[];
  /** For people: "terminating-reaper delete pods shop/web-1". */
  readonly words: string;
}

/** Everything that the product wrote, or tried to, oldest first. Nothing of its own books is read. */
export function productWrites(records: readonly AuditRecord[]): readonly Write[] {
  return records.filter(({ user }) => user.startsWith("knitbone:")).map(asWrite);
}

function asWrite(record: AuditRecord): Write {
  const { at, userAgent, user, namespace, name, code, uidBefore, requestBody, verb, resource, subresource } = record;
  const healer = user.replace("knitbone:", "");
  const body = fields(requestBody);
  const metadata = fields(body["metadata"]);
  const where = namespace === "" ? name : `${namespace}/${name}`;
  return {
    at,
    sentAt: Number(/sent=(\d+)/.exec(userAgent)?.[1] ?? Number.NaN),
    healer,
    kind: kindOf(record),
    isAccepted: code >= 200 && code < 300,
    uid: uidBefore,
    wantedUid: record.preconditionUid ?? text(metadata["uid"]),
    wantedVersion: record.preconditionResourceVersion ?? text(metadata["resourceVersion"]),
    namespace,
    name,
    taints: taintsIn(fields(body["spec"])["taints"]),
    words: `${healer} ${verb} ${resource}${subresource === "" ? "" : `/${subresource}`} ${where} → ${code}`,
  };
}

function kindOf({ resource, verb, subresource, gracePeriodSeconds }: AuditRecord): Write["kind"] {
  if (resource === "events") return "event";
  if (resource === "nodes") return "node";
  if (resource !== "pods") return "other";
  if (subresource === "eviction") return "evict";
  return verb === "delete" && gracePeriodSeconds === 0 ? "forceDelete" : "other";
}

const fields = (value: Json | undefined) => (isJsonObject(value) ? value : {});
const text = (value: Json | undefined) => (typeof value === "string" ? value : undefined);

function taintsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.map((each) => `${text(fields(each)["key"])}:${text(fields(each)["effect"])}`)
    : [];
}
