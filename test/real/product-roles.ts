import { globSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { ApiClient } from "./api-client.ts";
import { productGroup } from "./audit-policy.ts";

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const root = new URL("../..", import.meta.url).pathname;
const rbac = "rbac.authorization.k8s.io";

/**
 * The product speaks with the roles that it ships, and no more: those of every `functions/<name>/rbac.yaml`, bound to its group. A verb that is missing
 * there is a story that fails here.
 */
export async function bindShippedRoles(api: ApiClient): Promise<void> {
  const manifests = globSync("functions/*/rbac.yaml", { cwd: root }).map((path) =>
    readFileSync(`${root}${path}`, "utf8"),
  );
  const roles = manifests
    .flatMap((text) => parseAllDocuments(text).map((each) => each.toJS() as Role))
    .filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
  for (const role of roles) {
    const { name, namespace } = role.metadata;
    const scope = namespace === undefined ? `/apis/${rbac}/v1` : `/apis/${rbac}/v1/namespaces/${namespace}`;
    const [resource, bindings] =
      namespace === undefined ? ["clusterroles", "clusterrolebindings"] : ["roles", "rolebindings"];
    await api.create(`${scope}/${resource}`, { ...role });
    await api.create(`${scope}/${bindings}`, {
      metadata: { name: `${name}-to-the-product` },
      roleRef: { apiGroup: rbac, kind: role.kind, name },
      subjects: [{ apiGroup: rbac, kind: "Group", name: productGroup }],
    });
  }
}
