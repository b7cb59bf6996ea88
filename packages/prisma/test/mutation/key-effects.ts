import { isNewTag } from "@evercache/core";
import { effects, type Write } from "../../src/mutation/effects.js";
import { dataModelOf } from "../schema/prisma-oracle.js";
import { SHOP } from "../schema/schemas.js";
import { withoutNew } from "./tags.js";

export const shop = dataModelOf(SHOP);

/** What a write changes, without the values of tracked fields: these have a test of their own, fields.test.ts. */
export function effectsOf(
  model: string,
  operation: string,
  args: unknown,
  rest: Partial<Write> & { dataModel?: typeof shop } = {},
) {
  const { dataModel = shop, ...write } = rest;
  const result = effects(dataModel, { model, operation, args, ...write });
  return {
    ...result,
    changed: keysOnly(withoutNew(result.changed)),
    /** Keys that rows come to have and that it cannot name. */
    gained: result.changed.filter(isNewTag),
    after: (returned: unknown) => {
      const { changed, unchanged } = result.after(returned);
      return { changed: keysOnly(changed), unchanged };
    },
  };
}

const keysOnly = (changed: readonly string[]) => changed.filter((tag) => !tag.includes(":field:"));
