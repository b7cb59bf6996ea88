import { lacking, VARIANTS, type VariantName } from "../subjects/evercache.js";
import type { LeftOut } from "../report/result.js";

/** The subjects that this evercache cannot be, since it does not know an option yet. */
export async function leftOut(): Promise<LeftOut[]> {
  return (Object.keys(VARIANTS) as VariantName[]).flatMap((subject) => {
    const reason = lacking(subject);
    return reason === null ? [] : [{ subject, reason }];
  });
}
