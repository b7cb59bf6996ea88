// An application's client, as `--client` takes it.
import { cacheExtension } from "@evercache/prisma";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { PrismaClient } from "../../setup/generated/sqlite/client.js";

const adapter = new PrismaLibSql({ url: process.env["DATABASE_URL"] ?? "" });

// What is left out of results is part of what they look like, as the schema is.
const omit = process.env["OMIT"] === "price" ? { product: { price: true } } : {};

export const prisma = new PrismaClient({ adapter, omit }).$extends(
  cacheExtension({
    redis: process.env["REDIS_URL"],
    namespace: "shop",
    lease: process.env["LEASE"] === "short" ? "2s" : "10s",
    // The machine may be busy.
    deadline: "2s",
  }),
);

// Applications do so.
console.log("the client is loaded");
