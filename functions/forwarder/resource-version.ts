/**
 * Whether version `a` is older than `b`. Both of one resource of one cluster; ordering is guaranteed from Kubernetes 1.35 on and held by etcd's
 * revisions before (K13). Versions that are no plain numbers are opaque: never older.
 */
export function isOlderVersion(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
