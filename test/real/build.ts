import { binaries } from "./kube/binaries.ts";

/** Runs once before the first test file: builds what is missing, where the wait can be seen. A failure here fails the run. */
export async function setup(): Promise<void> {
  const startedAt = performance.now();
  const say = (line: string) => process.stdout.write(`test:real ${line}\n`);
  try {
    await binaries(process.env, say);
  } catch (error) {
    // Ended here: Vitest would say "No test files found", a stack and a chain of causes around the one message that matters.
    process.stderr.write(`test:real ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  say(`has its Kubernetes (${Math.round((performance.now() - startedAt) / 1_000)} s)`);
}
