import { createRequire } from "node:module";
import { dmmfToRuntimeDataModel } from "@prisma/client/runtime/client";
import type { DataModel } from "../../src/schema/data-model.js";
import { readDataModel, type RuntimeDataModel } from "../../src/schema/read-data-model.js";

/** What Prisma's own parser says about a field. */
export interface DmmfField {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly dbName?: string | null;
  readonly isList: boolean;
  readonly isRequired: boolean;
  readonly isId: boolean;
  readonly isUnique: boolean;
  readonly nativeType: readonly [string, unknown] | null;
  readonly relationName?: string;
  readonly relationFromFields?: readonly string[];
  readonly relationToFields?: readonly string[];
  readonly relationOnDelete?: string;
  readonly relationOnUpdate?: string;
}

export interface DmmfModel {
  readonly name: string;
  readonly dbName: string | null;
  readonly schema?: string | null;
  readonly fields: readonly DmmfField[];
  readonly primaryKey: { readonly name: string | null; readonly fields: readonly string[] } | null;
  readonly uniqueFields: readonly (readonly string[])[];
  readonly uniqueIndexes: readonly { readonly name: string | null; readonly fields: readonly string[] }[];
}

export interface Dmmf {
  readonly models: readonly DmmfModel[];
  readonly enums: readonly {
    readonly name: string;
    readonly values: readonly { readonly name: string; readonly dbName: string | null }[];
  }[];
}

// Prisma's parser is a development tool, installed for the tests that go across packages.
const require = createRequire(new URL("../../../../test/package.json", import.meta.url));
const { get_dmmf: getDmmf } = require("@prisma/prisma-schema-wasm") as { get_dmmf: (params: string) => string };

/** The models of a schema as Prisma itself reads it. */
export function dmmfOf(schemaText: string): Dmmf {
  const { datamodel } = JSON.parse(getDmmf(JSON.stringify({ prismaSchema: schemaText }))) as { datamodel: Dmmf };
  return datamodel;
}

/** What a client of this schema would tell at run time. */
export function runtimeDataModelOf(schemaText: string): RuntimeDataModel {
  const convert = dmmfToRuntimeDataModel as unknown as (datamodel: Dmmf) => RuntimeDataModel;
  return convert(dmmfOf(schemaText));
}

/** The data model of a client of this schema. */
export function dataModelOf(schemaText: string): DataModel {
  const { dataModel, warning } = readDataModel({ runtimeDataModel: runtimeDataModelOf(schemaText), schemaText });
  if (warning !== undefined) throw new Error(warning);
  return dataModel;
}
