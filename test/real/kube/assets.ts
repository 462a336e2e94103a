import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isExecutable } from "./executable.ts";
import type { Tool } from "./tools.ts";
import type { Kubernetes } from "./versions.ts";

/** What a folder named by KUBEBUILDER_ASSETS must hold, by the convention of the field (controller-runtime's envtest). */
const expected: readonly Tool[] = ["etcd", "kube-apiserver", "kubectl"];

/**
 * The folder, once it is known to hold what it should; undefined when there is none. Mixed minor versions are outside Kubernetes' version-skew
 * policy as soon as a built part is newer than a given server.
 */
export async function assetsFolder({ version }: Kubernetes, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = env["KUBEBUILDER_ASSETS"] || undefined;
  if (folder === undefined) return undefined;
  for (const tool of expected) {
    if (!(await isExecutable(join(folder, tool)))) {
      throw new Error(
        `KUBEBUILDER_ASSETS is ${folder}, and there is no ${tool} in it that can be run: correct or unset it`,
      );
    }
  }
  const { stdout } = await promisify(execFile)(join(folder, "kube-apiserver"), ["--version"]);
  if (minor(stdout) !== minor(version)) {
    throw new Error(
      `KUBEBUILDER_ASSETS is ${folder}, whose kube-apiserver says "${stdout.trim()}", and the rest here is ${version}: ` +
        `give ${minor(version)}, unset it, or set KUBE_VERSION`,
    );
  }
  return folder;
}

const minor = (version: string): string => version.replace(/^.*?(v\d+\.\d+).*$/s, "$1");
