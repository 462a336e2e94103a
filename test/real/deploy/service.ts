import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFunctions } from "../../../infra/build.ts";
import { startDaemon } from "../daemon.ts";
import { eventually } from "../wait.ts";
import type { DeployedTemplate } from "./differences.ts";
import type { Moto } from "./moto.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** `serverless.yml` and all that it takes in. */
const deployed = ["serverless.yml", "package.json", "package-lock.json", "infra", "functions", "shared", ".build"];

/** The service, to be deployed as a user deploys it. */
export interface Service {
  /** Runs osls with these arguments (and the repository's own osls and Node); answers what it said. Throws when it ends with another code than 0. */
  osls(...args: readonly string[]): Promise<string>;
  /** As the last deployment compiled it. */
  template(): DeployedTemplate;
  /** The bytes of a function's package. */
  zip(name: string): Buffer;
}

/** A copy of what is deployed, with up-to-date bundles: osls writes into its folder, in which other stories have the product started meanwhile. */
export async function serviceCopy(moto: Moto): Promise<Service> {
  await buildFunctions({ log: () => {} });
  const root = join(moto.folder, "service");
  mkdirSync(root);
  for (const path of deployed) cpSync(join(repository, path), join(root, path), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  let runs = 0;
  return {
    async osls(...args) {
      runs++;
      const run = startDaemon({
        name: `osls ${args.join(" ")}`,
        command: process.execPath,
        args: [join(root, "node_modules", "osls", "bin", "serverless.js"), ...args],
        cwd: root,
        env: { ...moto.env, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
        logFile: join(moto.folder, `osls-${runs}.log`),
      });
      try {
        const ending = await eventually(`${run.name} to end`, 120_000, () => run.ended(), run.tail);
        if (ending !== "exit 0") throw new Error(`${run.name}: ended with ${ending}\n${run.tail()}\n${moto.tail()}`);
        return run.output();
      } finally {
        await run.stop();
      }
    },
    template: () =>
      JSON.parse(readFileSync(join(root, ".serverless", "cloudformation-template-update-stack.json"), "utf8")),
    zip: (name) => readFileSync(join(root, ".serverless", `${name}.zip`)),
  };
}
