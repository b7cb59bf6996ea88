import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";
import { EvercacheInstrumentation } from "@evercache/opentelemetry";
import { trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { PrismaInstrumentation } from "@prisma/instrumentation";
import { expect, onTestFinished, test, vi } from "vitest";
import { settled } from "../../setup/settled.js";
import { codeBelow } from "../page-code.js";
import { tracedShop } from "./telemetry.js";

interface SentSpan {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** A request as OTLP has it in JSON, of traces or of metrics. */
interface Sent {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[] }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

/** What a collector, or an agent, is on the other side. */
async function collector() {
  const spans: SentSpan[] = [];
  const metrics: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then(({ resourceSpans = [], resourceMetrics = [] }) => {
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      const measured = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      metrics.push(...measured.map(({ name }) => name));
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { spans, metrics, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function bodyOf(request: IncomingMessage): Promise<Sent> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Sent;
}

/** Runs the first example below a heading; resolves to what it has declared of `names`. */
async function run(heading: string, scope: object, names: readonly string[] = []): Promise<Record<string, unknown>> {
  const code = (await codeBelow("opentelemetry.md", heading)).replace(/\}\s*$/, `return { ${names.join()} };}`);
  // oxlint-disable-next-line typescript/no-implied-eval
  const example = new Function(...Object.keys(scope), `${code} return example();`);
  return (await example(...(Object.values(scope) as unknown[]))) as Record<string, unknown>;
}

test("the page's set-up sends spans and metrics to a collector", async () => {
  const { spans, metrics, url } = await collector();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
  vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
  vi.stubEnv("OTEL_METRICS_EXPORTER", "otlp");
  vi.stubEnv("OTEL_LOGS_EXPORTER", "none");
  onTestFinished(() => void vi.unstubAllEnvs());

  let shutdown: () => Promise<void> = async () => {};
  const process = { once: (_: string, act: typeof shutdown) => (shutdown = act) };
  const scope = { EvercacheInstrumentation, NodeSDK, PrismaInstrumentation, process };
  const { evercache } = await run("## In a minute", scope, ["evercache"]);
  onTestFinished(() => (evercache as EvercacheInstrumentation).disable());

  const { cached: prisma } = await tracedShop();
  await run("### What a cache is like", { evercache, prisma });
  const key = await trace.getTracer("application").startActiveSpan("request", async (span) => {
    const { info } = await prisma.product.findUnique({ where: { id: 1 } }).withCacheInfo();
    await settled(prisma);
    span.end();
    return info.key!;
  });
  await shutdown();

  const sent = new Map(spans.map((span) => [span.name, span]));
  expect([...sent.keys()]).toEqual(
    expect.arrayContaining([
      "request",
      "prisma:client:operation",
      "evercache.read",
      "evercache.load",
      "evercache.fill",
    ]),
  );
  const hash = sent.get("evercache.read")!.attributes.find((attribute) => attribute.key === "evercache.key.hash");
  expect(hash?.value.stringValue).toBe(createHash("sha256").update(key).digest("hex").slice(0, 16));
  expect(metrics).toEqual(
    expect.arrayContaining(["evercache.reads", "evercache.load.duration", "evercache.l1.entries"]),
  );
});
