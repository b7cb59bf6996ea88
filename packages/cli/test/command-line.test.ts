import { describe, expect, it } from "vitest";
import type { CommandDefinition } from "../src/command.js";
import { CliError } from "../src/cli-error.js";
import { ExitCode } from "../src/exit-codes.js";
import { runHere } from "./kit.js";

const failing = (error: unknown): CommandDefinition => ({
  name: "fail",
  summary: "fails",
  description: "Fails.",
  examples: [["fail", "fails"]],
  configure: (command) => void command.argument("[what]").option("--often <n>"),
  run: async () => {
    throw error;
  },
});

describe("wrong input is one line on stderr", () => {
  it.each([
    [["--nope"], "evercache: unknown option '--nope' (see evercache --help)\n"],
    [["doctro"], "evercache: unknown command 'doctro' (Did you mean doctor?) (see evercache --help)\n"],
    [["doctor", "--redis"], "evercache: option '--redis <url>' argument missing (see evercache --help)\n"],
    [
      ["doctor", "--redis", "http://user:secret@here"],
      'evercache: --redis: "http://***@here" is not the URL of a Redis server. Write for example redis://localhost:6379.\n',
    ],
    [["doctor", "--redis", "redis://a,redis://b"], /^evercache: --redis: several URLs .*\n$/],
    [["doctor", "--cluster", "--sentinel", "main"], /^evercache: --cluster and --sentinel: write one of them\.\n$/],
    [["doctor", "--namespace", "a b"], /^evercache: namespace: "a b" cannot begin a key\..*\n$/],
    [["doctor", "--config", "there-is-none.json"], /^evercache: there-is-none\.json cannot be read: ENOENT.*\n$/],
    [["doctor", "--dotenv", "there-is-none"], /^evercache: --dotenv: ENOENT.*\n$/],
    [["doctor", "--tls-insecure"], /^evercache: --tls-ca and --tls-insecure are for TLS.*\n$/],
  ])("%j", async (argv, says) => {
    const { code, stdout, stderr } = await runHere(argv);
    expect(stderr).toMatch(says);
    expect({ code, stdout }).toEqual({ code: ExitCode.usage, stdout: "" });
  });
});

it.each([
  [new CliError("the client is broken", ExitCode.client), ExitCode.client, "the client is broken"],
  [new Error("first line\n  and the second"), ExitCode.failed, "first line and the second"],
  [
    Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
    ExitCode.unreachable,
    "connect ECONNREFUSED",
  ],
  [new TypeError("x is not a function"), ExitCode.internal, "x is not a function"],
  [AbortSignal.abort().reason, ExitCode.failed, "interrupted"],
  [
    new Error("NOPERM this user has no permissions to run the 'scan' command"),
    ExitCode.failed,
    "Redis refuses: NOPERM this user has no permissions to run the 'scan' command (docs/cli.md says which rights the commands need)",
  ],
])("a command that throws %s ends with one line", async (error, code, says) => {
  expect(await runHere(["fail"], { commands: [failing(error)] })).toEqual({
    code,
    stdout: "",
    stderr: `evercache: ${says}\n`,
  });
});

it("shows the stack where it is asked for", async () => {
  const { stderr } = await runHere(["fail", "--debug"], { commands: [failing(new Error("broken"))] });
  expect(stderr).toMatch(/^evercache: broken\nError: broken\n {4}at /);
});

it("hands a command its arguments, options and settings", async () => {
  let given: unknown;
  const command: CommandDefinition = {
    ...failing(null),
    run: async ({ args, options, settings: { address, namespace } }) => {
      given = { args, options, urls: address.urls.map(String), kind: address.kind, namespace };
      return ExitCode.ok;
    },
  };
  const argv = ["fail", "this", "--often", "3", "--sentinel", "main", "--redis", "redis://a,redis://b:1"];
  const { code } = await runHere(argv, { commands: [command], env: { EVERCACHE_NAMESPACE: "shop" } });
  expect(code).toBe(ExitCode.ok);
  expect(given).toMatchObject({
    args: ["this"],
    options: { often: "3" },
    urls: ["redis://a", "redis://b:1"],
    kind: "sentinel",
    namespace: "shop",
  });
});

it("prints help with examples", async () => {
  const { code, stdout, stderr } = await runHere(["doctor", "--help"]);
  expect({ code, stderr }).toEqual({ code: ExitCode.ok, stderr: "" });
  expect(stdout).toContain("$ evercache doctor");
  expect((await runHere([])).stdout).toMatch(/^Usage: evercache/);
});
