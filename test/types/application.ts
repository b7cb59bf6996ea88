import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../setup/child-server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const generated = fileURLToPath(new URL("generated", import.meta.url));
const prisma = path.join(
  path.dirname(createRequire(import.meta.url).resolve("prisma/package.json")),
  "build",
  "index.js",
);

/** What TypeScript counts as work, whatever the machine. */
export interface Cost {
  readonly types: number;
  readonly instantiations: number;
}

/** An application over a schema of `count` models, each with relations to those that `relatedTo` names. */
export class Application {
  readonly #folder: string;

  constructor(
    name: string,
    readonly count: number,
    readonly relatedTo: (model: number) => readonly number[],
  ) {
    this.#folder = path.join(generated, name);
  }

  async generate(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(path.join(this.#folder, "schema.prisma"), this.#schema());
    const config = fileURLToPath(new URL("prisma.config.ts", import.meta.url));
    const schema = path.join(this.#folder, "schema.prisma");
    await run(process.execPath, [prisma, "generate", "--schema", schema, "--config", config], { cwd: root });
  }

  /** Compiles a use of each model through the client that `client` makes of the generated one. */
  async compile(name: string, client: string, use: string = this.#queries()): Promise<Cost> {
    const source = `
      import type { CacheExtension } from "@evercache/prisma";
      import type { AccelerateExtension } from "@evercache/prisma/accelerate";
      import { PrismaClient, type Prisma } from "./client/client.js";
      declare const cacheExtension: CacheExtension;
      declare const withAccelerate: AccelerateExtension;
      declare const adapter: Prisma.PrismaClientOptionsWithAdapter["adapter"];
      declare function helper(tx: Prisma.TransactionClient): Promise<void>;
      const plain = new PrismaClient({ adapter });
      export const client = ${client};
      ${use}
      export { cacheExtension, helper, withAccelerate };
    `;
    const project = path.join(this.#folder, `${name}.json`);
    const packages = path.join(root, "packages");
    writeFileSync(path.join(this.#folder, `${name}.ts`), source);
    writeFileSync(
      project,
      JSON.stringify({
        extends: path.join(root, "test/types/tsconfig.json"),
        compilerOptions: {
          declaration: false,
          paths: {
            "@evercache/prisma": [path.join(packages, "prisma/src/types.ts")],
            "@evercache/prisma/accelerate": [path.join(packages, "prisma/src/types/accelerated-client.ts")],
            "@evercache/*": [path.join(packages, "*/src/index.ts")],
          },
        },
        files: [`${name}.ts`],
        include: [],
      }),
    );
    const tsc = path.join(root, "node_modules/.bin/tsc");
    const report = await run(tsc, ["-p", project, "--extendedDiagnostics"]);
    const number = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(report)?.[1]);
    return { types: number("Types"), instantiations: number("Instantiations") };
  }

  #queries(): string {
    return this.#models()
      .map(
        (model) =>
          `export const read${model} = await client.m${model}.findMany({ where: { id: 1 }, select: { a: true } });\n` +
          `export const write${model} = await client.m${model}.update({ where: { id: 1 }, data: { a: "" } });\n`,
      )
      .join("");
  }

  #models(): number[] {
    return Array.from({ length: this.count }, (_, model) => model);
  }

  #schema(): string {
    const relations = this.#models().flatMap((from) =>
      this.relatedTo(from).map((to, index) => ({ from, to, name: `r${from}_${index}` })),
    );
    const models = this.#models().map((model) => {
      const to = relations.filter((relation) => relation.from === model);
      const from = relations.filter((relation) => relation.to === model);
      return [
        `model M${model} {`,
        "id Int @id\na String\nb String?\nc DateTime\nd Float?\ne Boolean\nf Json?\ng BigInt\nh Decimal",
        ...to.map(({ name }) => `${name}Id Int`),
        ...to.map(
          ({ name, to: other }) => `${name} M${other} @relation("${name}", fields: [${name}Id], references: [id])`,
        ),
        ...from.map(({ name, from: other }) => `of_${name} M${other}[] @relation("${name}")`),
        "}",
      ].join("\n");
    });
    const generator = 'generator client {\nprovider = "prisma-client"\noutput = "./client"\n}';
    return [generator, 'datasource db {\nprovider = "postgresql"\n}', ...models].join("\n\n");
  }
}
