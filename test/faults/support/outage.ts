import { isOutage } from "../../../packages/prisma/src/query/outage.js";
import { failure, shapeOf, type ErrorShape } from "./outcome.js";

/** What is said of a failed read: `outage`, that the database could not be reached. */
export interface Judgement {
  readonly error: ErrorShape;
  readonly outage: boolean;
}

/** Runs a read that fails, and says what it was taken for. `during` runs once the read has begun. */
export async function judgementOf(
  act: () => PromiseLike<unknown>,
  during?: () => Promise<unknown>,
): Promise<Judgement> {
  const [error] = await Promise.all([failure(act), during?.()]);
  return { error: shapeOf(error), outage: isOutage(error) };
}
