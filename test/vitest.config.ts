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
    projects: [
      {
        extends: true,
        test: {
          name: "packages",
          include: ["packages/*/test/**/*.test.ts", "bench/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "packages/prisma/test/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "prisma",
          // Half of what these files cost is a process for each, that loads the same modules again. Most look at pure functions, and none
          // leaves anything behind that another one could see.
          isolate: false,
          include: ["packages/prisma/test/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          // As above. What a test opens, it closes; OpenTelemetry's globals are those of a process.
          isolate: false,
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
          exclude: [...configDefaults.exclude, "test/integration/!(opentelemetry)/**", "test/integration/*.test.ts"],
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
