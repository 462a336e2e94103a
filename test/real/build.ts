import { jars } from "./aws/jars.ts";
import { motoPackage } from "./deploy/moto-package.ts";
import { binaries } from "./kube/binaries.ts";

/** Runs once before the first test file: fetches, installs and builds what is missing, where the wait can be seen. A failure here fails the run. */
export async function setup(): Promise<void> {
  const say = (line: string) => process.stdout.write(`test:real ${line}\n`);
  const timed = async (what: string, get: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await get();
    say(`has its ${what} (${Math.round((performance.now() - startedAt) / 1_000)} s)`);
  };
  try {
    // The quick ones first: what they lack is said before minutes of building.
    await timed("DynamoDB Local and ElasticMQ", () => jars(process.env, say));
    await timed("moto", () => motoPackage(process.env, say));
    await timed("Kubernetes", () => binaries(process.env, say));
  } catch (error) {
    // Ended here: Vitest would say "No test files found", a stack and a chain of causes around the one message that matters.
    process.stderr.write(`test:real ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
