import { type Meta, metaFromRaw } from "./meta.ts";
import { type Raw, rawObject } from "./raw.ts";

export interface NamespaceFacts extends Meta {
  readonly terminating: boolean;
}

export function namespaceFromRaw(raw: Raw): NamespaceFacts {
  const meta = metaFromRaw("Namespace", raw);
  return {
    ...meta,
    terminating: rawObject(raw["status"])["phase"] === "Terminating" || meta.deletionTimestamp !== undefined,
  };
}

const systemNamespaces: ReadonlySet<string> = new Set(["kube-system", "kube-public", "kube-node-lease"]);

/** Of the cluster itself. Code, not configuration (`safety.md` §1.3). */
export function isSystemNamespace(name: string): boolean {
  return systemNamespaces.has(name);
}
