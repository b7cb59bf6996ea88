-- The tables of schema.prisma.
CREATE TYPE "Condition" AS ENUM ('NEW', 'USED', 'REFURBISHED');

CREATE TABLE "Category" (
  "id" SERIAL PRIMARY KEY,
  "slug" TEXT NOT NULL UNIQUE,
  "name" TEXT NOT NULL
);

CREATE TABLE "Product" (
  "id" SERIAL PRIMARY KEY,
  "sku" TEXT NOT NULL UNIQUE,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "condition" "Condition" NOT NULL,
  "published" BOOLEAN NOT NULL,
  "weight" DOUBLE PRECISION NOT NULL,
  "revision" BIGINT NOT NULL DEFAULT 0,
  "price" DECIMAL(65,30) NOT NULL,
  "checksum" BYTEA NOT NULL,
  "attributes" JSONB NOT NULL,
  "labels" TEXT[],
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMP(3) NOT NULL,
  "releasedAt" TIMESTAMP(3) NOT NULL,
  "categoryId" INTEGER NOT NULL REFERENCES "Category" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "Product_categoryId_idx" ON "Product" ("categoryId");

CREATE TABLE "Review" (
  "id" SERIAL PRIMARY KEY,
  "productId" INTEGER NOT NULL REFERENCES "Product" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  "rating" INTEGER NOT NULL,
  "text" TEXT NOT NULL,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "Review_productId_idx" ON "Review" ("productId");
