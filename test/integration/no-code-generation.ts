// A process of its own: whether code may be made of text is decided before it starts.
import { CodecCache } from "../../packages/prisma/src/codec/codec-cache.js";
import { MAY_GENERATE_CODE } from "../../packages/prisma/src/codec/code-generation.js";
import { parseSchema } from "../../packages/prisma/src/schema/parse-schema.js";
import { differenceInKind } from "../../packages/prisma/test/codec/same-in-kind.js";

const dataModel = parseSchema(`
datasource db {
  provider = "sqlite"
}
model Row {
  id Int      @id
  at DateTime
}
`);
const other = {
  name: "none",
  encode(): never {
    throw new Error("a row that does not fit");
  },
  decode(): never {
    throw new Error("bytes of another codec");
  },
};
const codec = new CodecCache({ dataModel, other }).of({ model: "Row", operation: "findMany", args: {} })!;
const rows = [1, 2].map((id) => ({ id, at: new Date(id) }));
const decoded = codec.decode(codec.encode(rows));
const copy = codec.prepare!(codec.encode(rows))();
const differences = [differenceInKind(decoded, rows), differenceInKind(copy, rows)];
console.log(JSON.stringify({ isGenerated: MAY_GENERATE_CODE, differences }));
