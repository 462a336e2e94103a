import { UsageError } from "./usage-error.ts";

/** "*", a cluster, or "cluster/namespace", as a flag row has it. */
export function parseScope(text: string): { readonly scope: string; readonly cluster?: string } {
  if (text === "*") return { scope: text };
  const [cluster = "", namespace, ...rest] = text.split("/");
  if (rest.length > 0) {
    throw new UsageError(`scope "${text}" has more than one slash: it is "*", a cluster, or cluster/namespace`);
  }
  checkClusterId(cluster, `scope "${text}": cluster "${cluster}"`);
  if (namespace !== undefined && !dnsLabel.test(namespace)) {
    throw new UsageError(
      `scope "${text}": namespace "${namespace}" is not a Kubernetes name (lower-case letters, digits and dashes, at most 63)`,
    );
  }
  return { scope: text, cluster };
}

/** "ring=0" → 0; undefined where the scope is no ring ("=" is in no cluster's id). */
export function parseRing(text: string): number | undefined {
  if (!text.startsWith("ring=")) return undefined;
  const ring = text.slice("ring=".length);
  if (!/^\d{1,3}$/.test(ring)) throw new UsageError(`scope "${text}": "${ring}" is not the number of a ring`);
  return Number(ring);
}

/** "cluster/namespace/name", the whole name of one pod. */
export function parsePodName(text: string): {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
} {
  const [cluster = "", namespace = "", name = "", ...rest] = text.split("/");
  if (name === "" || rest.length > 0) throw new UsageError(`pod "${text}" is not of the form cluster/namespace/name`);
  checkClusterId(cluster, `pod "${text}": cluster "${cluster}"`);
  if (!dnsLabel.test(namespace)) {
    throw new UsageError(
      `pod "${text}": namespace "${namespace}" is not a Kubernetes name (lower-case letters, digits and dashes, at most 63)`,
    );
  }
  if (!dnsSubdomain.test(name)) {
    throw new UsageError(
      `pod "${text}": name "${name}" is not a Kubernetes name (lower-case letters, digits, dashes and dots, at most 253)`,
    );
  }
  return { cluster, namespace, name };
}

/** A cluster's id: what rows, metrics and scopes call it. `named` begins the sentence of the refusal. */
export function checkClusterId(id: string, named = `cluster "${id}"`): void {
  if (!clusterId.test(id)) {
    throw new UsageError(
      `${named} is not a cluster's id (letters, digits, ".", "_", ":", "@" and dashes, at most 128, beginning with a letter or digit)`,
    );
  }
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
// No slash: it parts cluster and namespace in a scope.
const clusterId = /^[A-Za-z0-9][-A-Za-z0-9._:@]{0,127}$/;
