import { pathTag, type Tag } from "@evercache/core";
import type { DataModel } from "./data-model.js";
import { linkPath, pathsOf } from "./paths.js";
import { twinTag } from "./volatile.js";

const known = new WeakMap<DataModel, ReadonlyMap<Tag, readonly string[]>>();

/**
 * The columns by which the rows behind the tag of a path are found; of links, the model on that side. They are not to be read
 * off the tag, which may be a hash. `undefined`: it is the tag of no path.
 */
export function pathFields(dataModel: DataModel, tag: Tag): readonly string[] | undefined {
  let paths = known.get(dataModel);
  if (!paths) known.set(dataModel, (paths = fieldsByPath(dataModel)));
  return paths.get(tag);
}

function fieldsByPath(dataModel: DataModel): ReadonlyMap<Tag, readonly string[]> {
  const paths = new Map<Tag, readonly string[]>();
  for (const model of dataModel.models.values()) {
    for (const fields of pathsOf(dataModel, model)) {
      const path = pathTag(model.name, fields);
      for (const tag of [path, twinTag(path)]) paths.set(tag, fields);
    }
    for (const relation of model.relations.values()) {
      if (relation.joinModel !== null) paths.set(linkPath(relation), [model.name]);
    }
  }
  return paths;
}
