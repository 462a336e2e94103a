import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ScratchDirectory, scratchDirectory } from "../../../fakes/scratch-directory.ts";
import { binariesOf } from "../../../real/kube/binaries.ts";
import type { Tool } from "../../../real/kube/tools.ts";
import { eventually } from "../../../real/wait.ts";

// A `go` that is a few lines of shell: what is around the real one's work is judged here.
describe("the programs of the real tier", () => {
  test("what is missing is built once, and nothing that was not asked for", async () => {
    using bench = goBench('echo "$@" >> "$HOME/asked"; touch "$out"; chmod +x "$out"');
    const said: string[] = [];
    const find = (wanted: readonly Tool[]) => binariesOf(wanted, bench.env, (line) => said.push(line));

    const first = await find(["etcd"]);
    const second = await find(["etcd", "kwok"]);

    expect(second.etcd).toBe(first.etcd);
    expect(existsSync(second.kwok ?? "")).toBe(true);
    expect(bench.asked()).toEqual([
      expect.stringMatching(/^build .*-modfile=go\.mod .* go\.etcd\.io\/etcd\/server\/v3$/),
      expect.stringMatching(/^build .*-modfile=go\.kwok\.mod .* sigs\.k8s\.io\/kwok\/cmd\/kwok$/),
    ]);
    expect(said).toEqual([
      "[1/1] building etcd (go.etcd.io/etcd/server/v3)",
      "[1/1] built etcd in 0 s",
      "[1/1] building kwok (sigs.k8s.io/kwok/cmd/kwok)",
      "[1/1] built kwok in 0 s",
    ]);
  });

  test("KUBE_VERSION chooses the modules, the tags and a place of its own in the cache", async () => {
    using bench = goBench('echo "$@" >> "$HOME/asked"; touch "$out"; chmod +x "$out"');
    const usual = await binariesOf(["hollow-kubelet", "kwok"], bench.env, silent);
    const other = await binariesOf(["hollow-kubelet", "kwok"], { ...bench.env, KUBE_VERSION: "v1.35.4" }, silent);

    expect(other["hollow-kubelet"]).not.toBe(usual["hollow-kubelet"]);
    expect(other.kwok).toBe(usual.kwok);
    expect(bench.asked().at(-1)).toMatch(
      /-modfile=go\.v1\.35\.mod -tags=before_kubernetes_1_36 .*gitVersion=v1\.35\.4 /,
    );
  });

  test("a KUBE_VERSION that is not pinned here is named, with those that are", async () => {
    using bench = goBench("");
    await expect(binariesOf(["etcd"], { ...bench.env, KUBE_VERSION: "v1.20.0" }, silent)).rejects.toThrow(
      "KUBE_VERSION is v1.20.0, and test/real can build v1.36.3 and v1.35.4: give one of these or unset it",
    );
  });

  test("no Go at all, and where to get it", async () => {
    using bench = goBench("");
    await expect(
      binariesOf(["etcd", "kubectl"], { ...bench.env, PATH: join(bench.folder.path, "empty") }, silent),
    ).rejects.toThrow(
      /^test\/real needs Go 1\.26 or newer to build etcd, kubectl, and there is no `go` in the PATH: get it from https:\/\/go\.dev\/dl\//,
    );
  });

  test("a Go that is too old, and one that does not do", async () => {
    using old = goBench("", "echo go1.24.9");
    await expect(binariesOf(["etcd"], old.env, silent)).rejects.toThrow(
      /^test\/real needs Go 1\.26 or newer to build etcd, and this one is go1\.24\.9: get it from/,
    );
    using broken = goBench("", "echo 'go: download go1.26: no network' >&2; exit 1");
    await expect(binariesOf(["etcd"], broken.env, silent)).rejects.toThrow(
      /^test\/real needs Go 1\.26 or newer to build etcd, and this one does not do: go: download go1\.26: no network: get it/,
    );
  });

  test("a build that fails says what Go said, and leaves nothing behind", async () => {
    using bench = goBench('echo half > "$out"; echo "main.go:1: syntax error" >&2; exit 1');
    await expect(binariesOf(["etcd"], bench.env, silent)).rejects.toThrow(
      /^running go build .* go\.etcd\.io\/etcd\/server\/v3: ended with 1\nmain\.go:1: syntax error$/,
    );
    expect(bench.cached()).toEqual([]);
  });

  test("a build that is killed with its runner leaves nothing behind, and no Go", async () => {
    using bench = goBench('echo half > "$out"; echo $$ > "$HOME/pid"; exec sleep 60');
    const runner = runnerOf(bench);
    const pidFile = join(bench.folder.path, "pid");
    await eventually(
      "the build to be under way",
      8_000,
      () => (existsSync(pidFile) && bench.cached().length > 0) || undefined,
    );
    const goProcess = Number(readFileSync(pidFile, "utf8"));

    runner.kill("SIGKILL");
    await once(runner, "exit");

    await eventually("what was half built to be gone", 8_000, () => bench.cached().length === 0 || undefined);
    await eventually("Go to be gone", 8_000, () => !isAlive(goProcess) || undefined);
  });

  test("KUBEBUILDER_ASSETS of another minor version, or without what it should hold", async () => {
    using bench = goBench("");
    using assets = scratchDirectory();
    const env = { ...bench.env, KUBEBUILDER_ASSETS: assets.path };
    assets.write("etcd", "#!/bin/sh\n", 0o700);
    await expect(binariesOf(["etcd"], env, silent)).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${assets.path}, and there is no kube-apiserver in it that can be run: correct or unset it`,
    );
    assets.write("kube-apiserver", "#!/bin/sh\necho Kubernetes v1.35.2\n", 0o700);
    assets.write("kubectl", "#!/bin/sh\n", 0o700);
    await expect(binariesOf(["etcd"], env, silent)).rejects.toThrow(
      `KUBEBUILDER_ASSETS is ${assets.path}, whose kube-apiserver says "Kubernetes v1.35.2", and the rest here is v1.36.3: ` +
        "give v1.36, unset it, or set KUBE_VERSION",
    );
    await expect(binariesOf(["etcd"], { ...env, KUBE_VERSION: "v1.35.4" }, silent)).resolves.toEqual({
      etcd: join(assets.path, "etcd"),
    });
  });
});

const silent = () => {};

interface GoBench extends Disposable {
  readonly folder: ScratchDirectory;
  readonly env: NodeJS.ProcessEnv;
  /** The arguments of every build. */
  asked(): readonly string[];
  /** Files that are in the cache, whatever they are. */
  cached(): readonly string[];
}

/** A PATH with a `go` whose builds are the given shell, with $out for what it is to write. */
function goBench(build: string, version = "echo go1.26.8"): GoBench {
  const folder = scratchDirectory();
  folder.write(
    "go",
    `#!/bin/sh
if [ "$1" = env ]; then ${version}; exit; fi
previous=; for word in "$@"; do [ "$previous" = -o ] && out=$word; previous=$word; done
${build}
`,
    0o700,
  );
  const cache = join(folder.path, "cache");
  return {
    folder,
    env: { HOME: folder.path, PATH: `${folder.path}:/usr/bin:/bin`, KNITBONE_CACHE: cache },
    asked: () => readFileSync(join(folder.path, "asked"), "utf8").trim().split("\n"),
    cached: () =>
      existsSync(cache)
        ? readdirSync(cache, { recursive: true, withFileTypes: true }).flatMap((entry) =>
            entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
          )
        : [],
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** A process of its own that asks for etcd. */
function runnerOf(bench: GoBench): ChildProcess {
  const module = join(import.meta.dirname, "../../../real/kube/binaries.ts");
  const script = `import { binariesOf } from ${JSON.stringify(module)}; await binariesOf(["etcd"], process.env, () => {});`;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], { env: bench.env, stdio: "ignore" });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
