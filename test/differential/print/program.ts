import type { Interactive, Read, Statement, Write } from "../operation.js";
import type { History, Mismatch } from "../run/history.js";
import { spell } from "./spell.js";

/** A history as a program that shows the mismatch. */
export function programOf({ seeds, steps, reads }: History, mismatch: Mismatch): string {
  const lines = [
    `const cached = [0, 1].map(() => new PrismaClient({ adapter }).$extends(cacheExtension({ redis })));`,
    `const plain = new PrismaClient({ adapter });`,
    ...seeds.map(({ model, data }) => `await plain.${accessor(model)}.create({ data: ${spell(data)} });`),
    `const ask = [`,
    ...reads.map((read) => `  (client) => ${readText("client", read)},`),
    `];`,
    `for (const read of ask) for (const client of cached) await read(client);`,
  ];
  for (const { write, via } of steps) {
    lines.push(
      ...writeLines(`cached[${via}]`, write),
      `for (const read of ask) for (const client of cached) await read(client);`,
    );
  }
  lines.push(`// ${mismatch.difference}: cached[${mismatch.client}] of \`${readText("plain", mismatch.read)}\``);
  return lines.join("\n");
}

function readText(client: string, { model, operation, args, path }: Read): string {
  const calls = path.map((step) => `.${step.field}(${spell(step.args)})`).join("");
  return `${client}.${accessor(model)}.${operation}(${spell(args)})${calls}`;
}

function statementText(client: string, write: Statement): string {
  if (write.kind === "raw") return `${client}.$executeRawUnsafe(${JSON.stringify(write.sql)})`;
  return readText(client, { ...write, form: "other", isOrdered: true });
}

function writeLines(client: string, write: Write): string[] {
  switch (write.kind) {
    case "model":
    case "raw":
      return [`await ${statementText(client, write)}.catch(() => {});`];
    case "batch":
      return [
        `await ${client}.$transaction([`,
        ...write.members.map((member) => `  ${statementText(client, member)},`),
        `]).catch(() => {});`,
      ];
    case "interactive":
      return [...interactiveLines(client, "tx", write).slice(0, -1), `}).catch(() => {});`];
    default:
      return write satisfies never;
  }
}

function interactiveLines(client: string, tx: string, { steps, end, catches }: Interactive): string[] {
  const tail = catches ? ".catch(() => {})" : "";
  const inside = steps.flatMap((step) => {
    if (step.kind === "read") return [`await ${readText(tx, step.read)}${tail};`];
    if (step.kind !== "interactive") return [`await ${statementText(tx, step)}${tail};`];
    const lines = interactiveLines(tx, `${tx}2`, step);
    return [...lines.slice(0, -1), `})${step.end === "roll back" || catches ? ".catch(() => {})" : ""};`];
  });
  const last = end === "roll back" ? [`throw new Error("roll back");`] : [];
  return [`await ${client}.$transaction(async (${tx}) => {`, ...[...inside, ...last].map((line) => `  ${line}`), `});`];
}

function accessor(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}
