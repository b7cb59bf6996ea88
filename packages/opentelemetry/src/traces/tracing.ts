import { inspect } from "node:util";
import type { EventMessage } from "@evercache/core";
import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { ERROR_TYPE, NAMESPACE } from "../attribute-names.js";
import type { Config } from "../config.js";
import { errorType } from "../error-type.js";
import { createWallClock } from "./wall-clock.js";
import { describe, type Description } from "./describe.js";

export type TraceConfig = Pick<Config, "requireParentSpan" | "instants" | "recordExceptions">;

/** Makes spans of events: each ends when its event is published, under the span that is active then. */
export class Tracing {
  readonly #now = createWallClock();

  show({ namespace, event }: EventMessage, tracer: Tracer, config: TraceConfig): void {
    const within = context.active();
    const parent = trace.getSpan(within);
    // Asked first: this is all that an event costs a request that nobody looks at.
    if (parent === undefined ? config.requireParentSpan : !isLookedAt(parent)) return;
    const milliseconds = "milliseconds" in event ? event.milliseconds : undefined;
    const isInstant = milliseconds === undefined;
    if (isInstant && config.instants === "none") return;
    const description = describe(event);
    if (description === null) return;

    const { name, isFailed, error } = description;
    const attributes: Attributes = { [NAMESPACE]: namespace, ...description.attributes };
    if (error !== undefined) attributes[ERROR_TYPE] = errorType(error);
    const end = this.#now();
    // A span that has ended takes no more events: what comes in the background has a span of its own.
    if (isInstant && config.instants === "event" && (parent === undefined || parent.isRecording())) {
      parent?.addEvent(name, attributes, end);
      return;
    }
    const options = { kind: SpanKind.INTERNAL, attributes, startTime: end - (milliseconds ?? 0) };
    const span = tracer.startSpan(name, options, within);
    try {
      addError(span, { isFailed, error }, config, end);
    } finally {
      span.end(end);
    }
  }
}

/** What is stored after the answer belongs to a span that has ended, and is recorded no more, but was sampled. */
function isLookedAt(span: Span): boolean {
  return span.isRecording() || (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

function addError(
  span: Span,
  { isFailed, error }: Pick<Description, "isFailed" | "error">,
  { recordExceptions }: TraceConfig,
  time: number,
): void {
  const exception = error === undefined || !recordExceptions ? undefined : asError(error);
  if (exception) span.recordException(exception, time);
  if (!isFailed) return;
  span.setStatus({ code: SpanStatusCode.ERROR, ...(exception && { message: exception.message }) });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(typeof error === "string" ? error : inspect(error));
}
