import { jars } from "../aws/jars.ts";
import { binaries, binariesOf } from "../kube/binaries.ts";

/** As `../build.ts`, for what this run needs: KWOK (two minutes to build, which nobody else of the real tier needs), and no moto. */
export async function setup(): Promise<void> {
  const say = (line: string) => process.stdout.write(`test:real:scale ${line}\n`);
  try {
    await jars(process.env, say);
    await binaries(process.env, say);
    await binariesOf(["kwok"], process.env, say);
  } catch (error) {
    process.stderr.write(`test:real:scale ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
