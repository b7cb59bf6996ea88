import { PrismaClientKnownRequestError } from "@prisma/client/runtime/client";
import type { HookCall } from "./hook.js";

const MESSAGE =
  "An operation failed because it depends on one or more records that were required but not found. " +
  "No record was found for a query.";

type RequestHandler = Partial<Record<"handleRequestError" | "handleAndLogRequestError", (params: unknown) => never>>;

export function isNotFound(error: unknown): boolean {
  return error instanceof PrismaClientKnownRequestError && error.code === "P2025";
}

/**
 * The error that Prisma itself throws where `…OrThrow` finds nothing, with the caller's own call site. Prisma's request
 * handler words it, and logs it unless it is logged already; where a version has none, it is worded here.
 */
export function notFoundError(
  client: unknown,
  call: HookCall,
  args: unknown,
  clientVersion: string,
  isLogged: boolean,
): unknown {
  const error = new PrismaClientKnownRequestError(MESSAGE, {
    code: "P2025",
    clientVersion,
    meta: { operation: "a query" },
  });
  const handler = (client as { _requestHandler?: RequestHandler })._requestHandler;
  const { clientMethod, callsite } = call.__internalParams ?? {};
  const method = isLogged ? "handleRequestError" : "handleAndLogRequestError";
  if (typeof handler?.[method] === "function") {
    try {
      handler[method]({ error, clientMethod, callsite, args, modelName: call.model });
    } catch (worded) {
      return worded;
    }
  }
  return new PrismaClientKnownRequestError(
    `\nInvalid \`prisma.${clientMethod ?? call.operation}()\` invocation:\n\n\n${MESSAGE}`,
    { code: "P2025", clientVersion, meta: { modelName: call.model, operation: "a query" } },
  );
}
