import { defineConfig } from "vitest/config";

const project = (name: string, timeoutMs: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    sequence: { shuffle: true },
  },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", 10_000),
      project("layout", 20_000),
      project("contract", 30_000),
      project("scenario", 30_000),
      project("simulation", 120_000),
    ],
  },
});
