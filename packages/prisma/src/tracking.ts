import { asObject, EvercacheError } from "@evercache/core";
import { invalidSetting } from "./policy-settings.js";
import { NO_TRACKING, type DataModel, type Model, type Tracking } from "./schema/data-model.js";
import { keySpelling } from "./schema/key-value.js";

/** The settings of a model's policy that say how its reads and writes meet. */
export const TRACKING_SETTINGS = {
  defaults: ["granularity"],
  models: ["trackBy", "volatile", "alsoWrites", "exclude", "granularity"],
} as const;

/**
 * The data model, with what the options say of each model.
 * @throws EvercacheError for a name that the schema does not have, and for what could never have an effect
 */
export function withTracking(dataModel: DataModel, defaults: unknown, models: unknown): DataModel {
  const granularity = granularityOf(defaults === false ? undefined : defaults, "defaults") ?? NO_TRACKING.granularity;
  const tracked = [...dataModel.models].map(([name, model]) => {
    const policy = (models as Readonly<Record<string, unknown>> | undefined)?.[name];
    return [name, { ...model, tracking: trackingOf(dataModel, model, policy, granularity) }] as const;
  });
  return { ...dataModel, models: new Map(tracked) };
}

function trackingOf(
  dataModel: DataModel,
  model: Model,
  policy: unknown,
  granularity: Tracking["granularity"],
): Tracking {
  if (policy === undefined || policy === false) return { ...NO_TRACKING, granularity };
  const at = `models.${model.name}`;
  const settings = asObject(policy, at);
  const tracking: Tracking = {
    trackBy: namesIn(settings, "trackBy", at),
    volatile: namesIn(settings, "volatile", at),
    alsoWrites: namesIn(settings, "alsoWrites", at),
    exclude: namesIn(settings, "exclude", at),
    granularity: granularityOf(settings, at) ?? granularity,
  };
  for (const name of tracking.trackBy) checkTracked(dataModel, model, name);
  checkVolatile(model, tracking.volatile);
  checkExcluded(model, tracking);
  for (const name of tracking.alsoWrites) {
    if (dataModel.models.has(name)) continue;
    const known = [...dataModel.models.keys()].join(", ");
    throw new EvercacheError(
      "UNKNOWN_MODEL",
      `${at}.alsoWrites: the schema has no model ${name}. Known are: ${known}.`,
      {
        value: name,
      },
    );
  }
  return tracking;
}

function checkTracked({ provider, isPrecise }: DataModel, model: Model, name: string): void {
  const field = columnOf(model, name, "trackBy");
  if (!isPrecise || keySpelling(field, provider) !== "none") return;
  throw invalidSetting(
    `models.${model.name}.trackBy`,
    name,
    `it is of a type (${field.type}) whose values cannot be told apart for certain as the database does. Leave it out`,
  );
}

/** What identifies a row, or links it, changes more than the columns themselves. */
function checkVolatile(model: Model, names: readonly string[]): void {
  if (names.length === 0) return;
  const at = `models.${model.name}.volatile`;
  const keys = new Set([...(model.primaryKey ?? []), ...model.uniques.flatMap(({ fields }) => fields)]);
  const links = new Set(
    [...model.relations.values()].flatMap(({ holdsForeignKey, fields }) => (holdsForeignKey ? fields : [])),
  );
  for (const name of names) {
    columnOf(model, name, "volatile");
    if (keys.has(name) || links.has(name)) throw invalidSetting(at, name, "it is part of a key. Leave it out");
  }
  const follower = [...model.fields.values()].find(
    (field) => (field.isUpdatedAt || field.isComputed) && !names.includes(field.name),
  );
  if (!follower) return;
  const hint = `${follower.name} changes with every update, so that none would be of volatile columns alone. Add it`;
  throw invalidSetting(at, names, hint);
}

/** What names rows for tags cannot be kept from them. */
function checkExcluded(model: Model, { exclude, trackBy }: Tracking): void {
  const at = `models.${model.name}.exclude`;
  const links = new Set(
    [...model.relations.values()].flatMap((relation) =>
      relation.holdsForeignKey ? relation.fields : relation.references,
    ),
  );
  for (const name of exclude) {
    columnOf(model, name, "exclude");
    const isNaming = model.primaryKey?.includes(name) === true || links.has(name);
    if (isNaming) throw invalidSetting(at, name, "it names rows, or links them. Leave it out, and encrypt the model");
    if (trackBy.includes(name)) throw invalidSetting(at, name, "trackBy has it too. Leave it out of one of the two");
  }
}

function columnOf(model: Model, name: string, setting: string) {
  const field = model.fields.get(name);
  if (field && field.kind !== "relation") return field;
  const columns = [...model.fields.values()].filter(({ kind }) => kind !== "relation").map((known) => known.name);
  throw new EvercacheError(
    "UNKNOWN_FIELD",
    `models.${model.name}.${setting}: ${name} is not a column of ${model.name}. Known are: ${columns.join(", ")}.`,
    { value: name },
  );
}

function namesIn(settings: Readonly<Record<string, unknown>>, name: string, at: string): readonly string[] {
  const value = settings[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalidSetting(`${at}.${name}`, value, 'write an array of names, for example ["status"]');
}

function granularityOf(settings: unknown, at: string): Tracking["granularity"] | undefined {
  const value = (settings as { readonly granularity?: unknown } | undefined)?.granularity;
  if (value === undefined || value === "row" || value === "model") return value;
  throw invalidSetting(`${at}.granularity`, value, 'write "row" or "model"');
}
