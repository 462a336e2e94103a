import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Rule } from "../cluster-model/api/access.ts";

/** What the `rbac.yaml` files of forwarder and healers ask for together, and no more: the demo's clusters refuse the rest. */
export function knitboneRights(root: string): readonly Rule[] {
  return globSync("functions/*/rbac.yaml", { cwd: root })
    .sort()
    .flatMap((path) => parseAllDocuments(readFileSync(join(root, path), "utf8")))
    .flatMap((document) => (document.toJS() as { readonly rules?: readonly Partial<Rule>[] }).rules ?? [])
    .flatMap(({ verbs, resources }) => (verbs && resources ? [{ verbs, resources }] : []));
}
