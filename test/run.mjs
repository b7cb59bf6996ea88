// What `npm test` and `npm run demo` do, one step after the other, on a machine that has only Node and npm.
// `npm run coverage`, `check:model`, `check:consistency`, `check:differential`, `check:metrics` and `bench` too; what follows `--` is handed on to them.
// `node test/run.mjs summary` prints the outcome of the last test run as "N passed, N failed".
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = path.join(root, ".tmp", "run");
const stepsFile = path.join(results, "steps.json");
const vitestFile = path.join(results, "vitest.json");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

const pnpm = (...args) => ["npx", "-y", manifest.packageManager, ...args];
const vitest = (...args) => ["vitest", "run", "--config", "test/vitest.config.ts", ...args];
const projects = (...folders) => folders.filter((folder) => existsSync(path.join(root, folder, "tsconfig.json")));

const [wanted = "", ...handedOn] = process.argv.slice(2);

/** Each step is a name, commands of which the first that fails ends everything, and what their environment has besides. */
const install = ["install", () => [pnpm("install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only")]];
const build = ["build", () => [["npm", "run", "--silent", "build"]]];
const generate = ["generate clients", () => [pnpm("--recursive", "--if-present", "run", "generate")]];

/** The integration tests that read the most. All of them run with the fast path. */
const READS = ["extension", "differential", "narrowing", "compiled-codec", "verify", "tracking", "raw-query"];

const plans = {
  test: [
    install,
    build,
    generate,
    [
      "types",
      () =>
        projects("test", "test/types", "bench", "examples/express-api", "examples/sessions").map((folder) => [
          "tsc",
          "--noEmit",
          "-p",
          folder,
        ]),
    ],
    ["lint", () => [["oxlint", "--type-aware"]]],
    ["format", () => [["oxfmt", "--check"]]],
    ["unused code and dependencies", () => [["knip"]]],
    ["tests", () => [vitest("--reporter=default", "--reporter=json", `--outputFile.json=${vitestFile}`)]],
    [
      "tests without the fast path",
      () => [vitest("--silent=passed-only", ...READS.map((name) => `test/integration/${name}.`))],
      { EVERCACHE_TEST_FAST_PATH: "off", EVERCACHE_TEST_DATABASES: "sqlite" },
    ],
    ["consistency", () => [["tsx", "test/consistency/main.ts", "--minutes", "1"]]],
    ["differential", () => [["tsx", "test/differential/main.ts", "--minutes", "0.5"]]],
    ["example", () => [pnpm("--filter", "@evercache/example-express-api", "--if-present", "run", "smoke")]],
    ["example: sessions", () => [pnpm("--filter", "@evercache/example-sessions", "run", "smoke")]],
  ],
  // By itself, since it makes the tests a quarter slower.
  coverage: [install, build, generate, ["coverage", () => [vitest("--coverage")]]],
  model: [install, ["model", () => [["tsx", "packages/core/test/model/report.ts", ...handedOn]]]],
  consistency: [install, build, generate, ["consistency", () => [["tsx", "test/consistency/main.ts", ...handedOn]]]],
  differential: [install, build, ["differential", () => [["tsx", "test/differential/main.ts", ...handedOn]]]],
  metrics: [install, build, generate, ["metrics", () => [["tsx", "test/prometheus/main.ts", ...handedOn]]]],
  bench: [install, build, ["bench", () => [["tsx", "bench/src/main.ts", ...handedOn]]]],
  demo: [install, build, ["demo", () => [pnpm("--filter", "@evercache/example-express-api", "run", "demo")]]],
};

if (wanted === "summary") {
  console.log(summary());
} else if (Object.hasOwn(plans, wanted)) {
  process.exitCode = follow(plans[wanted]);
} else {
  console.error(`usage: node test/run.mjs ${Object.keys(plans).join(" | ")} | summary`);
  process.exitCode = 2;
}

function follow(plan) {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const done = [];
  for (const [index, [name, commands, environment]] of plan.entries()) {
    console.log(`\n== ${index + 1}/${plan.length} ${name}`);
    const begun = Date.now();
    const failed = commands().find((command) => run(command, environment) !== 0);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    done.push({ name, ok: !failed });
    writeFileSync(stepsFile, JSON.stringify(done));
    if (failed) {
      console.error(`\n== ${name} FAILED after ${seconds} s: ${failed.join(" ")}`);
      return 1;
    }
    console.log(`== ${name}: ${seconds} s`);
  }
  return 0;
}

function run([program, ...args], environment = {}) {
  const bin = path.join(root, "node_modules", ".bin");
  // `npx -p node@24 -c "npm test"` hands its own options down, and the next npx would take them for its own.
  const { npm_config_call: _call, npm_config_package: _package, ...inherited } = process.env;
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    // No stdin: nothing may wait for an answer.
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...inherited,
      PATH: `${bin}${path.delimiter}${process.env.PATH}`,
      npm_config_update_notifier: "false",
      ...environment,
    },
  });
  if (error) console.error(error.message);
  return status ?? 1;
}

/** Tests are counted one by one, every other step as one. */
function summary() {
  const steps = existsSync(stepsFile) ? JSON.parse(readFileSync(stepsFile, "utf8")) : [{ name: "start", ok: false }];
  const tests = existsSync(vitestFile) ? JSON.parse(readFileSync(vitestFile, "utf8")) : null;
  let passed = tests?.numPassedTests ?? 0;
  let failed = tests?.numFailedTests ?? 0;
  for (const { name, ok } of steps) {
    if (ok) passed += name === "tests" ? 0 : 1;
    // A run can fail with no test failing: by a file that could not be loaded.
    else if (name !== "tests" || failed === 0) failed += 1;
  }
  return `${passed} passed, ${failed} failed`;
}
