import { writeFileSync } from "node:fs";

export interface KubeconfigContext {
  /** The name by which `--context` finds it. */
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

/** Writes a kubeconfig file with these contexts, the first being current. JSON is YAML too. */
export function writeKubeconfig(path: string, contexts: readonly KubeconfigContext[]): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": contexts[0]?.name ?? "",
    clusters: contexts.map(({ name, server, caPem }) => ({
      name,
      cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") },
    })),
    users: contexts.map(({ name, token }) => ({ name, user: { token } })),
    contexts: contexts.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  writeFileSync(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
