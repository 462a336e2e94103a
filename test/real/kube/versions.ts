import type { Tool } from "./tools.ts";

/** A set of Go modules that belong together, and how tools are built from it. */
export interface Pins {
  /** In this folder; its sums are in the .sum file beside it. */
  readonly modFile: string;
  readonly tags: readonly string[];
}

/** A Kubernetes that can be built and run here. */
export interface Kubernetes {
  /** "v1.36.3" */
  readonly version: string;
  readonly pins: Pins;
}

/** The first one is the default. */
const known: readonly Kubernetes[] = [
  { version: "v1.36.3", pins: { modFile: "go.mod", tags: [] } },
  { version: "v1.35.4", pins: { modFile: "go.v1.35.mod", tags: ["before_kubernetes_1_36"] } },
];

/** Kwok runs with any of them. Its requirements would move modules that Kubernetes is built with: see the head of the file. */
const kwok: Pins = { modFile: "go.kwok.mod", tags: [] };

/** The one that KUBE_VERSION names. Throws for a name that is not known. */
export function kubernetes(env: NodeJS.ProcessEnv): Kubernetes {
  const wanted = env["KUBE_VERSION"] || known[0]?.version;
  const found = known.find(({ version }) => version === wanted);
  if (found !== undefined) return found;
  throw new Error(
    `KUBE_VERSION is ${wanted}, and test/real can build ${known.map(({ version }) => version).join(" and ")}: give one of these or unset it`,
  );
}

export function pinsOf(tool: Tool, { pins }: Kubernetes): Pins {
  return tool === "kwok" ? kwok : pins;
}
