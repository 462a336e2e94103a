import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../cache-folder.ts";

/** Names of the programs that the real tier runs. */
export type Tool =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "hollow-kubelet";

/** Absolute paths. */
export type Binaries = Readonly<Record<Tool, string>>;

const moduleFolder = import.meta.dirname;
const kubernetesVersion = "v1.36.3";
const goHelp = "get it from https://go.dev/dl/ (Debian: the golang package, if new enough)";

/** In the order of their building: the first ones warm Go's cache for the later ones. */
const packages: Readonly<Record<Tool, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  "hollow-kubelet": "./hollow-kubelet",
};
const tools = Object.keys(packages) as Tool[];

/** What a folder named by KUBEBUILDER_ASSETS must hold, by the convention of the field (controller-runtime's envtest). */
const expectedAssets: readonly Tool[] = ["etcd", "kube-apiserver", "kubectl"];

const versionVariables = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
  `-X ${path}.gitVersion=${kubernetesVersion}`,
  `-X ${path}.gitMajor=${kubernetesVersion.slice(1).split(".")[0]}`,
  `-X ${path}.gitMinor=${kubernetesVersion.split(".")[1]}`,
]);
/** The same for all tools, or Go compiles what they share several times. */
const buildFlags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", `-s -w ${versionVariables.join(" ")}`];

/**
 * Finds every program: in KUBEBUILDER_ASSETS, else in the cache, else builds it (5 to 10 minutes for all on two cores, the first time).
 * `say` gets one line per step.
 */
export async function binaries(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Binaries> {
  const assets = env["KUBEBUILDER_ASSETS"] || undefined;
  if (assets !== undefined) await checkAssets(assets);
  const found: Partial<Record<Tool, string>> = {};
  const missing: { tool: Tool; path: string }[] = [];
  for (const tool of tools) {
    const asset = assets === undefined ? undefined : join(assets, tool);
    const cached = join(cacheFolder(env, "kube"), await cacheKey(tool), tool);
    if (asset !== undefined && (await isExecutable(asset))) found[tool] = asset;
    else if (await isExecutable(cached)) found[tool] = cached;
    else missing.push({ tool, path: cached });
  }
  if (missing.length > 0) await checkGo(missing.map(({ tool }) => tool));
  for (const [index, { tool, path }] of missing.entries()) {
    await build(tool, path, (line) => say(`[${index + 1}/${missing.length}] ${line}`));
    found[tool] = path;
  }
  return found as Binaries;
}

/** Same sources, same flags, same platform: same program. The kubelet's own source counts for the kubelet only. */
async function cacheKey(tool: Tool): Promise<string> {
  const hash = createHash("sha256");
  const sources = tool === "hollow-kubelet" ? ["go.mod", "go.sum", "hollow-kubelet/main.go"] : ["go.mod", "go.sum"];
  for (const source of sources) hash.update(await readFile(join(moduleFolder, source)));
  hash.update(JSON.stringify([buildFlags, process.platform, process.arch]));
  return hash.digest("hex").slice(0, 16);
}

async function build(tool: Tool, path: string, say: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  say(`building ${tool} (${packages[tool]})`);
  const progress = setInterval(() => say(`building ${tool}: ${seconds()} s`), 20_000);
  const folder = join(path, "..");
  await mkdir(folder, { recursive: true });
  // Built beside its place and renamed into it: an interrupted build leaves nothing that looks finished.
  const unfinished = await mkdtemp(join(folder, "unfinished-"));
  try {
    await go(["build", ...buildFlags, "-o", join(unfinished, tool), packages[tool]]);
    await rename(join(unfinished, tool), path);
  } finally {
    clearInterval(progress);
    await rm(unfinished, { recursive: true, force: true });
  }
  say(`built ${tool} in ${seconds()} s`);
}

/** GOFLAGS is set, not emptied (empty means "as `go env -w` says"): a flag of the user's own would build something else under the same key. */
function go(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: moduleFolder,
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
    child.on("error", (cause) => reject(new Error(`running go: ${cause.message}`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`running go ${args.join(" ")}: ended with ${signal ?? code}\n${said.trim()}`));
    });
  });
}

async function checkGo(wanted: readonly Tool[]): Promise<void> {
  const needed = /^go (\d+)\.(\d+)/m.exec(await readFile(join(moduleFolder, "go.mod"), "utf8"));
  const [, neededMajor, neededMinor] = needed ?? [];
  const why = `test/real needs Go ${neededMajor}.${neededMinor} or newer to build ${wanted.join(", ")}`;
  let version: string;
  try {
    // In the module's folder, so that a Go that fetches its newer self (GOTOOLCHAIN=auto) answers for that one.
    version = (await promisify(execFile)("go", ["env", "GOVERSION"], { cwd: moduleFolder })).stdout.trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new Error(`${why}, and there is no \`go\` in the PATH: ${goHelp}`, { cause });
    }
    throw new Error(`${why}, and this one does not do: ${firstLine((cause as Error).message)}: ${goHelp}`, { cause });
  }
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const newEnough = Number(major) * 1_000 + Number(minor) >= Number(neededMajor) * 1_000 + Number(neededMinor);
  if (!newEnough) throw new Error(`${why}, and this one is ${version}: ${goHelp}`);
}

/** Mixed minor versions are outside Kubernetes' version-skew policy as soon as a built part is newer than a given server. */
async function checkAssets(folder: string): Promise<void> {
  for (const tool of expectedAssets) {
    if (!(await isExecutable(join(folder, tool)))) {
      throw new Error(
        `KUBEBUILDER_ASSETS is ${folder}, and there is no ${tool} in it that can be run: correct or unset it`,
      );
    }
  }
  const { stdout } = await promisify(execFile)(join(folder, "kube-apiserver"), ["--version"]);
  const minor = (version: string) => version.replace(/^.*?(v\d+\.\d+).*$/s, "$1");
  if (minor(stdout) !== minor(kubernetesVersion)) {
    throw new Error(
      `KUBEBUILDER_ASSETS is ${folder}, whose kube-apiserver says "${stdout.trim()}", and the rest here is ${kubernetesVersion}: ` +
        `give ${minor(kubernetesVersion)} or unset it`,
    );
  }
}

function firstLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Command failed"));
  return (lines[0] ?? text).trim();
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
