import type { ValidityOptions } from "@evercache/redis/admin";
import { withApplication, type Explanation } from "../application-cache.js";
import { CliError, usageError } from "../cli-error.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { withNamespace, type Namespace } from "../connection/namespace.js";
import { ExitCode } from "../exit-codes.js";
import { applicationQuery, cachedValue, explain } from "../inspect/application-query.js";
import { reportOf, type EntryReport } from "../inspect/entry-report.js";
import { describePayload } from "../inspect/payload.js";
import { printEntry, printExplanation } from "../inspect/print-entry.js";
import { parseQueryText, type QueryText } from "../inspect/query-text.js";
import { walking } from "../terminal/walking.js";

interface InspectOptions {
  readonly values?: true;
}

export const inspect: CommandDefinition<InspectOptions> = {
  name: "inspect",
  summary: "look at one cached result: its age, its tags, and why it is valid or not",
  description:
    "Looks at an entry by its key, as `evercache keys --list` and withCacheInfo() tell it, or by its query, for which the " +
    "client of --client says the key and the reasons. No query is run. The arguments are JSON, of which names need no quotes; " +
    'dates and the like are {"$date":"2026-01-31"}, $bigint, $decimal, $bytes (base64), $null ("DbNull"), $field ("Product.price").',
  examples: [
    ["inspect 'pZ0kXo2f1A:Product:findUnique:where(id:1)'", "the entry of this key"],
    ["inspect 'product.findUnique({ where: { id: 1 } })' --client src/prisma.ts", "the entry of this query"],
    [`inspect product.findUnique '{"where":{"id":1}}' --client src/prisma.ts --values`, "the same, and what is in it"],
  ],
  configure(command) {
    command.argument("<what>", "a key, or a query");
    command.argument("[args]", "the arguments of the query, where they are not in its parentheses");
    command.option("--values", "show the result, too");
  },
  async run(invocation) {
    const [what, apart] = invocation.args as [string, string | undefined];
    const query = parseQueryText(what, apart);
    return withNamespace(invocation.settings, (namespace) =>
      query ? inspectQuery(invocation, namespace, query) : inspectKey(invocation, namespace, what),
    );
  },
};

async function inspectKey(
  { options, settings, terminal, signal }: Invocation<InspectOptions>,
  namespace: Namespace,
  key: string,
): Promise<ExitCode> {
  const looked = await lookAt(namespace, key, { terminal, signal });
  if (!looked) throw new CliError(`there is no entry with this key in ${namespace.name}.`, ExitCode.failed);
  const payload = options.values ? describePayload(looked.stored) : undefined;
  if (terminal.isJson) {
    terminal.printJson({ redis: namespace.connection.name, namespace: settings.namespace, ...looked.report, payload });
    return ExitCode.ok;
  }
  printEntry(looked.report, terminal, Date.now());
  if (payload !== undefined) terminal.print(`\n${payload}`);
  return ExitCode.ok;
}

async function inspectQuery(
  { options, settings, terminal, signal }: Invocation<InspectOptions>,
  namespace: Namespace,
  text: QueryText,
): Promise<ExitCode> {
  const file = settings.client;
  if (file === undefined) {
    throw usageError(
      "which key a query has, only the application's client knows: write --client FILE, or give the key (evercache keys --list).",
    );
  }
  return withApplication(settings, async (application) => {
    const query = applicationQuery(application, text, file);
    const explanation = await explain(application, query);
    const read = explanation.kind === "read" ? explanation : null;
    const key = read?.key ?? null;
    const looked = read && key !== null ? await lookAt(namespace, key, { terminal, signal }, read) : null;
    const isServed = explanation.kind === "read" && (explanation.verdict === "hit" || explanation.verdict === "stale");
    const value = options.values && isServed && looked ? await cachedValue(query) : null;
    const note = isServed && !looked ? elsewhere(namespace) : undefined;
    if (terminal.isJson) {
      const entry = looked?.report ?? null;
      const where = { redis: namespace.connection.name, namespace: settings.namespace };
      terminal.printJson({ ...where, explanation, entry, ...(value ? { value: value.value } : {}), note });
      return ExitCode.ok;
    }
    if (looked) {
      printEntry(looked.report, terminal, Date.now());
      terminal.print();
    } else if (key !== null) {
      terminal.print(`${key}\n\nThere is no such entry in ${namespace.name}.\n`);
    }
    printExplanation(explanation, terminal);
    if (note !== undefined) terminal.note(note);
    if (value) terminal.print(`\n${JSON.stringify(value.value, spellValue, 2)}`);
    else if (options.values) terminal.note(valueMissing(explanation));
    return ExitCode.ok;
  });
}

interface Looked {
  readonly stored: NonNullable<Awaited<ReturnType<Namespace["admin"]["entry"]>>>;
  readonly report: EntryReport;
}

async function lookAt(
  { admin }: Namespace,
  key: string,
  watched: Pick<Invocation, "terminal" | "signal">,
  query?: NonNullable<ValidityOptions["query"]>,
): Promise<Looked | null> {
  const stored = await admin.entry(key);
  if (!stored) return null;
  const { frame } = stored;
  const needsWalk = frame.kind === "entry" && frame.entry.names === null && !query;
  const validity = needsWalk
    ? await walking(watched, "Looking for what it depends on", (onProgress) => admin.validity(stored, { onProgress }))
    : await admin.validity(stored, query && { query });
  return { stored, report: reportOf(stored, validity) };
}

function elsewhere({ name }: Namespace): string {
  return `The client has it, and ${name} has not: its cache is elsewhere, or has another namespace.`;
}

function valueMissing(explanation: Explanation): string {
  return explanation.kind === "write"
    ? "A write has no value in the cache."
    : "There is no value to show: the client would not serve one from the cache.";
}

function spellValue(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
