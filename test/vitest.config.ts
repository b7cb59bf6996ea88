import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: {
    // The sources rather than what was built of them: nothing to build before a test, and coverage of the sources.
    alias: [
      ...(process.env["EVERCACHE_TEST_FAST_PATH"] === "off"
        ? [{ find: /^@evercache\/prisma$/, replacement: `${root}test/setup/without-fast-path.ts` }]
        : []),
      { find: "#accelerate", replacement: `${root}packages/prisma/src/accelerate.ts` },
      {
        find: /^@evercache\/(core|redis|prisma|testing|cli|prometheus|opentelemetry)$/,
        replacement: `${root}packages/$1/src/index.ts`,
      },
      {
        find: /^@evercache\/(core|redis|prisma|testing|cli|prometheus|opentelemetry)\/(?!package\.json)(.+)$/,
        replacement: `${root}packages/$1/src/$2.ts`,
      },
    ],
  },
  test: {
    pool: "forks",
    // More than a small machine has cores: many tests wait for servers to fail and to come back.
    maxWorkers: 3,
    // Servers are started, and the machine may be busy: a test that hangs still ends.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    setupFiles: [`${root}test/setup/seed.ts`],
    // A fifth of what all files cost is a process for each, that loads the same modules again. What a test opens, it closes, and none
    // leaves anything behind that another one could see.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: "packages",
          include: ["packages/*/test/**/*.test.ts", "bench/test/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "test/integration/opentelemetry/**"],
          globalSetup: [`${root}test/setup/global-setup.ts`],
        },
      },
      {
        extends: true,
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "test/integration/**"],
          globalSetup: [`${root}test/setup/global-setup.ts`],
        },
      },
      {
        extends: true,
        test: {
          name: "opentelemetry",
          // Its globals are those of a process.
          isolate: true,
          include: ["test/integration/opentelemetry/**/*.test.ts"],
          globalSetup: [`${root}test/setup/global-setup.ts`],
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.generated.ts"],
      reportOnFailure: true,
      reportsDirectory: `${root}coverage`,
      reporter: ["text-summary", "json-summary", "html"],
      thresholds: { lines: 90 },
    },
  },
});
