/**
 * Forgets all versions before now, which the API server does by itself every five minutes (etcd3/compact.go of v1.36.3): the key tells its
 * caches, which look at it every 15 s, up to where they may drop their snapshots.
 */
export async function compactEtcd(etcdServer: string): Promise<void> {
  const call = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
    const answer = await fetch(`${etcdServer}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`compacting etcd: ${path} answered ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<{ header?: { revision?: string } }>;
  };
  const key = base64("compact_rev_key");
  const { header } = await call("range", { key });
  const revision = header?.revision;
  if (revision === undefined) throw new Error("compacting etcd: it does not say its revision");
  await call("put", { key, value: base64(revision) });
  await call("compaction", { revision, physical: true });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
