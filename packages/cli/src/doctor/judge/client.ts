import type { CacheEvent } from "@evercache/core";
import { messageOf } from "../../cli-error.js";
import { error, note, ok, warning, type Finding } from "../finding.js";

const ID = "client";

export interface ClientFacts {
  /** Of what was read; undefined: of no model anything is cached, or the read failed. */
  readonly model: string | undefined;
  /** Of the last read, as `withCacheInfo` tells it. */
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly events: readonly CacheEvent[];
  /** Why the read failed. */
  readonly failure: string | undefined;
}

/** What the application's own cache says when it is used. */
export function judgeClient(facts: ClientFacts): Finding[] {
  return [...judgeWarnings(facts.events), ...judgeStore(facts.events), judgeRead(facts)];
}

/** The module that exports it fails. */
export function judgeUnloadable(message: string): Finding {
  return error(
    ID,
    message,
    "So nothing can be said of its cache.",
    "Run it where the application runs, with its environment: --dotenv FILE adds the variables of a file.",
  );
}

function judgeWarnings(events: readonly CacheEvent[]): Finding[] {
  const said = new Map(events.flatMap((event) => (event.type === "warning" ? [[event.code, event.message]] : [])));
  return [...said].map(([code, message]) => {
    const why = `The client's cache warns of it: ${code}.`;
    const advice = "What to do is in the warning.";
    const report = code === "NAMESPACE_TAKEN" ? error : warning;
    return report(code === "NAMESPACE_TAKEN" ? "namespace" : "client-warning", message, why, advice);
  });
}

function judgeStore(events: readonly CacheEvent[]): Finding[] {
  const failed = events.find((event) => event.type === "store" && event.status === "unavailable");
  if (!failed) return [];
  const said = "error" in failed && failed.error !== undefined ? messageOf(failed.error) : "it does not say why";
  return [
    error(
      "client-store",
      `The client's cache cannot use its store: ${said}`,
      "While it cannot, all queries go to the database.",
      "Look at the option `redis` of cacheExtension, and at the other findings.",
    ),
  ];
}

function judgeRead({ model, status, reason, failure }: ClientFacts): Finding {
  if (failure !== undefined) {
    return error(
      ID,
      `A query by the client failed: ${failure}`,
      "So nothing can be said of its cache.",
      "Look at the database.",
    );
  }
  if (model === undefined) {
    return note(
      ID,
      "The client caches no model.",
      "defaults is false, or each model is.",
      "Name models in the option `models`.",
    );
  }
  if (status === "hit") return ok(ID, `${model}.findFirst() was loaded, stored and served from the cache.`);
  return error(
    ID,
    `${model}.findFirst(), asked again and again, is a ${status}${reason === undefined ? "" : ` (${reason})`}.`,
    "From the second time on it should come from the cache.",
    "Look at the other findings, and at prisma.$cache.explain() of that query.",
  );
}
