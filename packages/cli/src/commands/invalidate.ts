import type { Invalidated } from "@evercache/redis/admin";
import { checkSameCache, withApplication, type Application } from "../application-cache.js";
import { CliError, usageError } from "../cli-error.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { withNamespace, type Namespace } from "../connection/namespace.js";
import { ExitCode } from "../exit-codes.js";
import { parseRow } from "../invalidate/row-text.js";
import { collect } from "../options/numbers.js";
import { walking } from "../terminal/walking.js";

interface InvalidateOptions {
  readonly model?: readonly string[];
  readonly row?: readonly string[];
  readonly tag?: readonly string[];
  readonly all?: true;
  readonly yes?: true;
}

/** What was ended. */
interface Ended {
  readonly models: readonly string[];
  readonly rows: readonly string[];
  readonly tags: readonly string[];
  readonly isAll: boolean;
  /** Of each model how many of its tags Redis had. Null: the client knew them, and nothing was looked for. */
  readonly found: Readonly<Record<string, number>> | null;
  readonly inMemory: Invalidated["inMemory"];
}

export const invalidate: CommandDefinition<InvalidateOptions> = {
  name: "invalidate",
  summary: "drop cached results that are not true any more",
  description:
    "For what changed past the cache: a migration, an import, another program's write, a restored backup. Drops results in " +
    "every process, in Redis and in memory. Rows need the client of --client, which knows the schema. Models do not: without " +
    "it their tags are searched for among all keys of the server, which takes a walk.",
  examples: [
    ["invalidate --model Product --model Category", "everything that depends on these models"],
    ["invalidate --tag home", "what was read with this tag"],
    [
      "invalidate --row Product:1 --row 'User:{ email: \"a@x.org\" }' --client src/prisma.ts",
      "what depends on these rows",
    ],
    ["invalidate --all --yes", "everything, without a question"],
  ],
  configure(command) {
    command.option("--model <name>", "what depends on this model (repeatable)", collect);
    command.option(
      "--row <row>",
      "what depends on this row: Product:1, or 'Product:{ sku: \"a\" }' (repeatable)",
      collect,
    );
    command.option("--tag <name>", "what was read with this tag (repeatable)", collect);
    command.option("--all", "everything of the namespace; asks first");
    command.option("--yes", "do not ask");
  },
  async run(invocation) {
    const { options, settings, terminal } = invocation;
    const { model = [], row = [], tag = [], all = false, yes = false } = options;
    if (!all && model.length + row.length + tag.length === 0) {
      throw usageError("say what to drop: --model Product, --row Product:1, --tag home, or --all.");
    }
    if (all && model.length + row.length + tag.length > 0) {
      throw usageError("--all drops everything: leave --model, --row and --tag out.");
    }
    if (row.length > 0 && settings.client === undefined) {
      throw usageError(
        "--row: which results depend on a row, only the application's client knows: write --client FILE.",
      );
    }
    return withNamespace(settings, async (namespace) => {
      if (all && !yes) {
        const isSure = await terminal.confirm(`Drop every cached result of ${namespace.name}?`, "--yes");
        if (!isSure) throw new CliError("nothing was dropped.", ExitCode.failed);
      }
      const ended =
        settings.client === undefined
          ? await endBySearch(invocation, namespace)
          : await withApplication(settings, (application) => endByClient(invocation, namespace, application));
      report(ended, invocation, namespace);
      return ExitCode.ok;
    });
  },
};

async function endBySearch(
  { options, terminal, signal }: Invocation<InvalidateOptions>,
  { admin }: Namespace,
): Promise<Ended> {
  const { model = [], tag = [], all = false } = options;
  const { models, tags, inMemory } = await walking({ terminal, signal }, "Looking for tags of models", (at) =>
    all ? admin.invalidateAll(at) : admin.invalidate({ models: model, tags: tag }, at),
  );
  return { models: Object.keys(models), rows: [], tags, isAll: all, found: models, inMemory };
}

async function endByClient(
  { options, settings }: Invocation<InvalidateOptions>,
  { connection }: Namespace,
  application: Application,
): Promise<Ended> {
  const { model = [], row = [], tag = [], all = false } = options;
  const { cache, client } = application;
  const rows: Record<string, object[]> = {};
  for (const text of row) {
    const { model: of, selector } = parseRow(text, client, settings.client!);
    (rows[of] ??= []).push(selector);
  }
  await checkSameCache(application, settings, connection);
  const { applied } = all ? await cache.invalidateAll() : await cache.invalidate({ models: model, rows, tags: tag });
  if (!applied)
    throw new CliError(
      "Redis could not be told: nothing was dropped for certain. Call it again.",
      ExitCode.unreachable,
    );
  const once = (named: readonly string[]) => [...new Set(named)];
  return { models: once(model), rows: once(row), tags: once(tag), isAll: all, found: null, inMemory: "ended" };
}

function report(ended: Ended, { settings, terminal }: Invocation<InvalidateOptions>, namespace: Namespace): void {
  const { models, rows, tags, isAll, found, inMemory } = ended;
  if (inMemory === "uncertain") {
    terminal.note(
      "Which models processes have in memory, this user may not ask: grant +pubsub. Where Redis has evicted their tokens, results in " +
        "memory are served until their time is over.",
    );
  }
  if (terminal.isJson) {
    terminal.printJson({
      redis: namespace.connection.name,
      namespace: settings.namespace,
      all: isAll,
      models,
      rows,
      tags,
      tagsOfModels: found,
      inMemory,
    });
    return;
  }
  if (isAll) {
    terminal.print(`Every cached result of ${namespace.name} is dropped.`);
    return;
  }
  const parts = [
    ...models.map((model) => `model ${model}`),
    ...rows.map((row) => `row ${row}`),
    ...tags.map((tag) => `tag ${tag}`),
  ];
  terminal.print(`Dropped in ${namespace.name}: what depends on ${parts.join(", ")}.`);
  const missing = models.filter((model) => found?.[model] === 0);
  if (missing.length > 0) {
    terminal.note(
      `Of ${missing.join(", ")} nothing was in Redis. Is it spelled as in the schema? evercache keys says which models there are.`,
    );
  }
}
