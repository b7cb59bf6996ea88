import { tagGroup } from "@evercache/core";
import { effects } from "../../../packages/prisma/src/mutation/effects.js";
import { rawEffects, tagsOfEverything } from "../../../packages/prisma/src/mutation/raw-sql.js";
import { dependencies } from "../../../packages/prisma/src/query/dependencies.js";
import type { DataModel } from "../../../packages/prisma/src/schema/data-model.js";
import type { Args, Interactive, Read, Step, Write } from "../operation.js";

/** The tags that a read depends on; a list of one reason where it is not cached at all. */
export function tagsOfRead(dataModel: DataModel, { model, operation, args, path }: Read): readonly string[] {
  const found = dependencies(dataModel, { model, operation, args: { ...args, ...selected(path) } });
  return "uncacheable" in found ? [`not cached: ${found.uncacheable}`] : [...found.tags, ...found.absentTags];
}

/** Fluent calls arrive as the selection that their path goes through. */
function selected([first, ...rest]: readonly Step[]): Args {
  return first ? { select: { [first.field]: { ...first.args, ...selected(rest) } } } : {};
}

/** The tags that a write drops, or may drop. */
export function tagsOfWrite(dataModel: DataModel, write: Write | Interactive["steps"][number]): readonly string[] {
  switch (write.kind) {
    case "read":
      return [];
    case "raw": {
      const changed = rawEffects(dataModel, { text: write.sql, values: null });
      return changed === "reads-only" ? [] : changed;
    }
    case "model": {
      const dataPath = write.path.flatMap(({ field }) => ["select", field]);
      const { changed, fenced } = effects(dataModel, { ...write, dataPath });
      return [...changed, ...fenced];
    }
    case "batch":
      return write.members.flatMap((member) => tagsOfWrite(dataModel, member));
    case "interactive":
      return write.steps.flatMap((step) => tagsOfWrite(dataModel, step));
    default:
      return write satisfies never;
  }
}

/** The models behind tags: what a cache that invalidates by model would look at. */
export function modelsOf(dataModel: DataModel, tags: readonly string[]): ReadonlySet<string> {
  if (tags.some((tag) => tag.startsWith("not cached"))) return modelsOf(dataModel, tagsOfEverything(dataModel));
  return new Set(tags.map((tag) => tagGroup(tag as never)));
}
