import { defineConfig } from "vitest/config";

// One run of minutes that measures: apart from `test:real`, which CI runs each time. See test/real/README.md.
export default defineConfig({
  test: {
    include: ["test/real/scale/*.scale.ts"],
    globalSetup: ["test/real/scale/build.ts"],
    pool: "forks",
    maxWorkers: 1,
    retry: 0,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    disableConsoleIntercept: true,
    reporters: ["verbose"],
  },
});
