import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** `npm start -- …` without npm: the same entry on the same Node. */
export interface ProductProcess {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves when standard output holds `text`; rejects with both outputs when the process ends before. */
  printed(text: string): Promise<void>;
  /** Exit code, or the signal's name. */
  ended(): Promise<number | string>;
}

export function startProduct(args: readonly string[], cwd: string): ProductProcess {
  const main = fileURLToPath(new URL("../../infra/local/main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  const exit = once(child, "close") as Promise<[number | null, string | null]>;
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  return {
    child,
    out: () => out,
    err: () => err,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (out.includes(text)) resolve();
        };
        look();
        child.stdout.on("data", look);
        void exit.then(([code]) =>
          reject(new Error(`ended with ${code} before "${text}" was printed:\n${out}\n${err}`)),
        );
      }),
    ended: async () => {
      const [code, signal] = await exit;
      return code ?? signal ?? "unknown";
    },
  };
}
