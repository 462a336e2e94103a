import { defineConfig } from "vitest/config";

// Real control planes on two cores: each file has its own, and no more than two run at once. A story that needs a second try is broken.
export default defineConfig({
  test: {
    include: ["test/real/**/*.test.ts"],
    globalSetup: ["test/real/build.ts"],
    pool: "forks",
    maxWorkers: 2,
    retry: 0,
    testTimeout: 600_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    reporters: ["verbose"],
  },
});
