import type { FoundKey } from "@evercache/redis/admin";
import { Option } from "commander";
import type { CommandDefinition } from "../command.js";
import { withNamespace } from "../connection/namespace.js";
import { ExitCode } from "../exit-codes.js";
import { KINDS, kindOf, KeyCounts, type Kind } from "../keys/key-counts.js";
import { wholeNumber } from "../options/numbers.js";
import { oneLine } from "../terminal/plain.js";
import { formatBytes, formatCount } from "../terminal/format.js";
import type { Terminal } from "../terminal/terminal.js";
import { walking } from "../terminal/walking.js";

interface KeysOptions {
  readonly model?: string;
  readonly kind?: Kind;
  readonly limit?: number;
  readonly list?: true;
}

export const keys: CommandDefinition<KeysOptions> = {
  name: "keys",
  summary: "count what the cache has in Redis, by model and operation",
  description:
    "Walks through all keys of the namespace by SCAN, which blocks no other client, and says how many there are of each " +
    "model and operation, and about how much memory they take.",
  examples: [
    ["keys --namespace shop", "counts everything"],
    ["keys --model Product --kind entries --list --limit 20", "prints the keys of 20 entries, for `evercache inspect`"],
    ["keys --kind locks --list", "shows which writes are under way, or were left behind"],
  ],
  configure(command) {
    command.option("--model <name>", "only what is of this model");
    command.addOption(new Option("--kind <kind>", "only these").choices([...KINDS]));
    command.option("--limit <count>", "stop after so many", wholeNumber);
    command.option("--list", "print the keys themselves, one a line");
  },
  run: ({ options, settings, terminal, signal }) =>
    withNamespace(settings, async ({ admin, connection, name }) => {
      const { model, kind, limit = Number.POSITIVE_INFINITY, list } = options;
      const counts = new KeyCounts();
      let found = 0;
      await walking({ terminal, signal }, "Looking at keys", async (at) => {
        for await (const { keys: page, examined, total } of admin.keys()) {
          for (const key of page) {
            const known = kindOf(key);
            if (kind !== undefined && known.kind !== kind) continue;
            if (model !== undefined && known.model !== model) continue;
            found += 1;
            counts.add(key);
            if (list) printKey(key, terminal);
            if (found === limit) return;
          }
          at(examined, total);
        }
      });
      if (list) return ExitCode.ok;
      const rows = await counts.rows((names) => admin.memoryOf(names));
      const isComplete = found < limit;
      if (terminal.isJson) {
        terminal.printJson({ redis: connection.name, namespace: settings.namespace, isComplete, keys: found, rows });
        return ExitCode.ok;
      }
      if (rows.length === 0) {
        terminal.print(`There is nothing${kind || model ? " of that" : ""} in ${name}.`);
        return ExitCode.ok;
      }
      terminal.printTable(
        ["model", "kind", "keys", "memory", "each"],
        rows.map((row) => [
          row.model ?? "",
          row.operation ?? row.kind,
          formatCount(row.keys),
          row.bytes === null ? "?" : `~${formatBytes(row.bytes)}`,
          row.bytes === null ? "?" : formatBytes(row.bytes / row.keys),
        ]),
        [2, 3, 4],
      );
      const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
      terminal.print(`\n${formatCount(found)} keys, about ${formatBytes(bytes)}, in ${name}.`);
      if (!isComplete) terminal.print(`There may be more: it stopped after ${formatCount(limit)} (--limit).`);
      return ExitCode.ok;
    }),
};

function printKey(key: FoundKey, terminal: Terminal): void {
  const { kind, model } = kindOf(key);
  const name = key.kind === "entry" ? key.key : key.name;
  if (terminal.isJson) terminal.printJson({ kind, model, key: name }, 0);
  else terminal.print(oneLine(name));
}
