import { readFile } from "node:fs/promises";
import { runInThisContext } from "node:vm";
import { cacheExtension, type CacheOptions, type Explanation } from "@evercache/prisma";
import { expect, onTestFinished, test } from "vitest";
import { redisUrl, testClient } from "../setup/client.js";

const PAGE = new URL("../../docs/dependencies.md", import.meta.url);

/** Code, and the comments below it. */
interface Example {
  readonly setUp: readonly string[];
  readonly query: string;
  readonly comments: readonly string[];
}

function examplesIn(page: string): Example[] {
  const blocks = [...page.matchAll(/^```ts\n(prisma[\s\S]*?|await prisma[\s\S]*?)^```$/gm)].map(
    ([, code = ""]) => code,
  );
  return blocks
    .flatMap((code) => code.trim().split("\n\n"))
    .map((part) => {
      const lines = part.split("\n");
      const isComment = (line: string) => line.startsWith("// ");
      const code = lines.filter((line) => !isComment(line)).map((line) => line.replace(/;$/, ""));
      return {
        setUp: code.filter((line) => line.startsWith("await ")).map((line) => line.slice("await ".length)),
        query: code.filter((line) => !line.startsWith("await ")).join("\n"),
        comments: lines.filter(isComment),
      };
    });
}

function optionsIn(page: string): CacheOptions {
  const [, code = ""] = /^```ts\ncacheExtension\(([\s\S]*?)\);\n```$/m.exec(page) ?? [];
  return evaluated("()", code)() as CacheOptions;
}

function evaluated(parameters: string, code: string): (...args: unknown[]) => unknown {
  return runInThisContext(`${parameters} => (${code})`) as (...args: unknown[]) => unknown;
}

/** As the page spells it: what every tag of its kind is there for, the page's table says. */
function spelled(explanation: Explanation): string[] {
  const { reasons } = explanation;
  const line = (prefix: string, tag: string, isObvious: (tag: string) => boolean) =>
    `// ${prefix}${tag}${reasons[tag] && !isObvious(tag) ? `  (${reasons[tag]})` : ""}`;
  if (explanation.kind === "write") {
    const { model, changed, fenced } = explanation;
    return [
      ...changed.map((tag) => line("drops ", tag, (name) => name === `${model}:any`)),
      ...fenced.map((tag) => line("fences ", tag, () => false)),
    ];
  }
  const { tags, absentTags } = explanation;
  return [
    ...tags.map((tag) => line("", tag, (name) => /:(?:by|new):/.test(name))),
    ...(absentTags.length > 0 ? [`// while it finds nothing: ${absentTags.join(" ")}`] : []),
  ];
}

test("each example of the page says what explain says", async () => {
  const page = await readFile(PAGE, "utf8");
  const { prisma: plain } = await testClient("postgresql");
  await plain.supplier.create({ data: { id: 3, name: "Tea & Co" } });
  await plain.category.create({ data: { id: 7, slug: "tea", name: "Tea" } });
  await plain.product.create({ data: { id: 42, sku: "A1", name: "Assam", price: 5, categoryId: 7, supplierId: 3 } });
  const namespace = `page-${process.pid}`;
  const cached = plain.$extends(cacheExtension({ redis: redisUrl(), namespace, ...optionsIn(page) }));
  onTestFinished(() => cached.$cache.disconnect());

  const examples = examplesIn(page);
  expect(examples.length).toBeGreaterThan(15);
  for (const { setUp, query, comments } of examples) {
    for (const code of setUp) await evaluated("(prisma)", code)(cached);
    const before = await plain.product.findMany();
    const explanation = await cached.$cache.explain(evaluated("(prisma)", query)(cached) as never);
    expect(spelled(explanation), query).toEqual(comments);
    expect(await plain.product.findMany()).toEqual(before);
  }
});
