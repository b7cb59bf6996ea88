import { EvercacheError } from "@evercache/core";
import type { NeededBy } from "../schema/volatile.js";
import type { RuntimeDataModel } from "../schema/read-data-model.js";

/** What evercache reads of a Prisma client beyond its public API. Checked once, when the extension is applied. */
export interface ClientInternals {
  readonly runtimeDataModel: RuntimeDataModel;
  /** The whole schema, where this Prisma version keeps it. */
  readonly schemaText: string | undefined;
  readonly provider: string | undefined;
  readonly globalOmit: unknown;
  readonly clientVersion: string;
  readonly computedFields: readonly ComputedField[];
  /** The columns that Prisma reads, unasked, since result extensions need them. */
  readonly neededBy: NeededBy;
  /** Prisma refuses `undefined` in arguments instead of dropping it. */
  readonly refusesUndefined: boolean;
  /** Milliseconds that an interactive transaction may take, where the client says it. */
  readonly transactionTimeout: number | undefined;
  /** The isolation that the client asks for in transactions, where it says it. */
  readonly transactionIsolation: string | undefined;
  /** How errors are worded. In any format but `"minimal"` Prisma notes for each query where the application called. */
  readonly errorFormat: string | undefined;
  /** The driver adapter. */
  readonly adapter: unknown;
  /** The package of the driver adapter. */
  readonly adapterName: string | undefined;
}

/** A field that a result extension computes, and the fields that it needs for that. */
export interface ComputedField {
  readonly model: string;
  readonly name: string;
  readonly needs: readonly string[];
}

/** Result extensions name a model as the client's property does, or all of them. */
export function isOfModel(field: ComputedField, model: string): boolean {
  return field.model === "$allModels" || field.model.toLowerCase() === model.toLowerCase();
}

/** A client, as far as evercache calls it. */
export interface ExtensibleClient {
  $extends(extension: unknown): ExtensibleClient;
  readonly [name: string]: unknown;
}

/** The parts of an extension, as `$extends` takes them. */
export interface ExtensionParts {
  readonly name?: string;
  readonly query?: unknown;
  readonly result?: Record<string, Record<string, { readonly needs?: Record<string, unknown> }>>;
  readonly model?: Readonly<Record<string, unknown>>;
  readonly client?: Readonly<Record<string, unknown>>;
}

interface PrivateClient {
  readonly _originalClient?: { readonly _appliedParent?: ExtensibleClient };
  readonly _previewFeatures?: unknown;
  readonly _runtimeDataModel?: { readonly models?: unknown };
  readonly _engineConfig?: {
    readonly inlineSchema?: unknown;
    readonly activeProvider?: unknown;
    readonly transactionOptions?: { readonly timeout?: unknown; readonly isolationLevel?: unknown };
    readonly adapter?: { readonly adapterName?: unknown };
  };
  readonly _activeProvider?: unknown;
  readonly _globalOmit?: unknown;
  readonly _errorFormat?: unknown;
  readonly _clientVersion?: unknown;
  readonly _extensions?: ExtensionList;
}

/** A client's extensions. Appending makes another list. */
export interface ExtensionList {
  readonly head?: ExtensionNode;
  append(extension: ExtensionParts): ExtensionList;
  /** The hooks of an operation, all extensions' together. `model` as the client's property spells it. */
  getAllQueryCallbacks?(model: string, operation: string): readonly unknown[];
}

interface ExtensionNode {
  readonly extension?: ExtensionParts;
  readonly previous?: ExtensionNode;
}

/** @throws EvercacheError `UNSUPPORTED_CLIENT` where this is no Prisma 7 client, or one that has the cache already */
export function readInternals(client: unknown): ClientInternals {
  const {
    _runtimeDataModel,
    _engineConfig,
    _activeProvider,
    _globalOmit,
    _clientVersion,
    _extensions,
    _previewFeatures,
    _errorFormat,
  } = client as PrivateClient;
  if (typeof _runtimeDataModel?.models !== "object") {
    throw new EvercacheError(
      "UNSUPPORTED_CLIENT",
      "cacheExtension() was not applied to a Prisma 7 client. Write prisma.$extends(cacheExtension({ … })).",
    );
  }
  if ((client as { $cache?: unknown }).$cache !== undefined) {
    throw new EvercacheError(
      "UNSUPPORTED_CLIENT",
      "This client already has cacheExtension(): apply it once, and put all options into that one call.",
    );
  }
  const computedFields = [...computedFieldsOf(extensionsOf(_extensions?.head))];
  return {
    runtimeDataModel: _runtimeDataModel as RuntimeDataModel,
    schemaText: stringOf(_engineConfig?.inlineSchema),
    provider: stringOf(_activeProvider) ?? stringOf(_engineConfig?.activeProvider),
    globalOmit: _globalOmit,
    clientVersion: stringOf(_clientVersion) ?? "unknown",
    computedFields,
    neededBy: (model, select) =>
      computedFields
        .filter((field) => isOfModel(field, model) && (!select || select[field.name] === true))
        .flatMap(({ needs }) => needs),
    refusesUndefined: Array.isArray(_previewFeatures) && _previewFeatures.includes("strictUndefinedChecks"),
    transactionTimeout: numberOf(_engineConfig?.transactionOptions?.timeout),
    transactionIsolation: stringOf(_engineConfig?.transactionOptions?.isolationLevel),
    errorFormat: stringOf(_errorFormat),
    adapter: _engineConfig?.adapter,
    adapterName: stringOf(_engineConfig?.adapter?.adapterName),
  };
}

/** The extensions of a client, first applied first, and the client below all of them. */
export function unstack(client: ExtensibleClient): { root: ExtensibleClient; extensions: readonly ExtensionParts[] } {
  const { _extensions, _originalClient } = client as PrivateClient;
  return { root: _originalClient?._appliedParent ?? client, extensions: extensionsOf(_extensions?.head) };
}

export function extensionsOf(head: ExtensionNode | undefined): ExtensionParts[] {
  const extensions: ExtensionParts[] = [];
  for (let at = head; at; at = at.previous) if (at.extension) extensions.unshift(at.extension);
  return extensions;
}

function* computedFieldsOf(extensions: readonly ExtensionParts[]): Iterable<ComputedField> {
  for (const { result } of extensions) {
    for (const [model, fields] of Object.entries(result ?? {})) {
      for (const [name, field] of Object.entries(fields)) {
        yield { model, name, needs: Object.keys(field.needs ?? {}).sort() };
      }
    }
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
