/** Schemas for the tests of the pure analysis. Each was accepted by Prisma itself: see read-data-model.test.ts. */

/** Keys and relations of every kind. */
export const SHOP = `
generator client {
  provider        = "prisma-client"
  output          = "./generated"
  previewFeatures = ["views"]
}

datasource db {
  provider = "postgresql"
}

enum Role {
  USER
  STAFF @map("staff_member")
  ADMIN @map("admin")
}

/// Found by id, by email, by its handle within a tenant.
model User {
  id        Int       @id @default(autoincrement())
  email     String    @unique
  tenant    Int
  handle    String
  nickname  String?   @unique @db.Citext
  role      Role      @default(USER)
  points    Int       @default(0)
  updatedAt DateTime  @updatedAt
  managerId Int?
  manager   User?     @relation("Management", fields: [managerId], references: [id], onDelete: SetNull)
  reports   User[]    @relation("Management")
  friends   User[]    @relation("Friends")
  friendOf  User[]    @relation("Friends")
  profile   Profile?
  cart      Cart?
  posts     Post[]    @relation("Written")
  edited    Post[]    @relation("Edited")
  orders    Order[]
  favourites Product[]
  activity  Activity?

  @@unique([tenant, handle], name: "tenantHandle")
  @@map("users")
}

/// One to one, required, deleted with its user.
model Profile {
  id     Int    @id
  bio    String
  userId Int    @unique @map("user_id")
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)
}

/// One to one, optional: a cart may lose its user.
model Cart {
  id     String  @id @default(uuid()) @db.Uuid
  userId Int?    @unique
  user   User?   @relation(fields: [userId], references: [id])
  note   String?
}

/// A key that others reference and that may change.
model Country {
  code      String     @id @db.Char(2)
  name      String     @unique
  regions   Region[]
}

model Region {
  countryCode String
  number      Int
  title       String    @unique
  country     Country   @relation(fields: [countryCode], references: [code], onDelete: Restrict)
  addresses   Address[]

  @@id([countryCode, number])
}

model Address {
  id           BigInt  @id
  regionCode   String?
  regionNumber Int?
  region       Region? @relation(fields: [regionCode, regionNumber], references: [countryCode, number])
  street       String
  orders       Order[]
}

model Post {
  id       Int      @id
  slug     String   @unique
  title    String
  authorId Int
  author   User     @relation("Written", fields: [authorId], references: [id], onDelete: Cascade)
  editorEmail String?
  editor   User?    @relation("Edited", fields: [editorEmail], references: [email], onDelete: SetDefault, onUpdate: SetNull)
  tags     Tag[]
  comments Comment[]

  @@unique([authorId, title])
}

model Comment {
  id     Int   @id
  text   String
  postId Int
  post   Post  @relation(fields: [postId], references: [id], onDelete: Cascade)
}

model Tag {
  name  String @id
  posts Post[]
}

model Product {
  sku   String @id
  price Decimal @db.Decimal(10, 2)
  fans  User[]
  lines OrderLine[]
}

model Order {
  id        Int     @id
  userId    Int
  user      User    @relation(fields: [userId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  addressId BigInt?
  address   Address? @relation(fields: [addressId], references: [id], onDelete: SetNull)
  lines     OrderLine[]
}

model OrderLine {
  orderId  Int
  sku      String
  quantity Int
  order    Order   @relation(fields: [orderId], references: [id], onDelete: Cascade)
  product  Product @relation(fields: [sku], references: [sku])

  @@id([orderId, sku], name: "line")
  @@map("order_lines")
}

/// Found by a moment: never named by a tag.
model Reading {
  at     DateTime @id @db.Timestamp(0)
  sensor String   @unique
  value  Float
}

view Activity {
  userId Int  @unique
  user   User @relation(fields: [userId], references: [id])
  posts  Int
}
`;

/** Everything in the language that might trip a reader. */
export const NASTY = `
/* model Never {
  id Int @id
} */
generator client {
  provider        = "prisma-client" // "}"
  output          = "../generated"
  previewFeatures = ["views", "partialIndexes"]
}
datasource db { // {
  provider   = "postgresql"
  schemas    = ["shop", "auth"]
}
/// A doc with } brace and @id and "quotes"
model User { // trailing { comment
  id Int @id(map: "users_pk") @default(autoincrement())
  email String @unique(map: "u_email") @db.Citext /// hm @unique
  name String? @default("a } b // not a comment \\"quoted\\" @id")
  ext Unsupported("polygon")?
  tags String[] @default(["a", "b", "c,d"])
  meta Json @default("{\\"a\\": [1, 2, {}]}")
  gen String @default(dbgenerated("concat('x}', 1)"))
  uid String @db.Uuid @unique @default(dbgenerated("gen_random_uuid()"))
  role Role @default(ADMIN)
  code String @db.Char(3)
  managerId Int?
  manager User? @relation("Mgr", fields: [managerId], references: [id], onDelete: SetNull, onUpdate: NoAction)
  reports User[] @relation("Mgr")
  authored Post[] @relation(name: "Author")
  edited Post[] @relation("Editor")
  liked Post[] @relation("Likes & such")
  profile Profile?
  friends User[] @relation("Friends")
  friendOf User[] @relation("Friends")
  model String?
  type Int?
  enum Int?
  view Int? /* model X { */
  secret String? @ignore
  audits Audit[] @ignore
  @@index([email(ops: raw("text_ops"))], type: Gin)
  @@index([tags], type: Gin, map: "x")
  @@map("users")
  @@schema("auth")
}
model Post {
  pk Int @id
  a Int
  b String @map("bee") @db.VarChar(200)
  slug String
  authorId Int @map("author_id")
  author User @relation("Author", fields: [authorId], references: [id], onDelete: Cascade)
  editorEmail String? @db.Citext
  editor User? @relation(name: "Editor", fields: [editorEmail], references: [email])
  likers User[] @relation("Likes & such")
  comments Comment[]
  cats Category[]
  tags Tag[]
  price Decimal @db.Decimal(10, 2)
  at DateTime @default(now()) @updatedAt @db.Timestamptz(3)
  big BigInt @default(-9223372036854775808)
  f Float @default(1.5)
  bytes Bytes @default("aGk=")
  @@unique([a, b], name: "ab", map: "post_ab")
  @@unique(fields: [slug, authorId], name: "slug_author")
  @@unique([a(sort: Desc), slug], map: "only_map")
  @@unique([b])
  @@unique([f, slug], where: { f: 5 })
  @@schema("shop")
}
model Comment {
  id String @id @default(cuid(2))
  postA Int
  postB String
  post Post @relation(fields: [postA, postB], references: [a, b], onDelete: Restrict, onUpdate: Restrict, map: "fk")
  parentId String? @unique
  parent Comment? @relation("P", fields: [parentId], references: [id], onDelete: SetDefault)
  child Comment? @relation("P")
  @@unique([postA, id])
  @@schema("shop")
}
model Profile {
  userId Int @id
  user User @relation(fields: [userId], references: [id])
  @@schema("auth")
} model Category {
  id Int @id @default(autoincrement())
  posts Post[]
  @@map(name: "categories")
  @@schema("shop")
}
model Tag	{
	name	String	@id	@default(uuid(7))	@db.Uuid
  posts Post[]
  role Role?
  n Int @unique(where: raw("n > 0"))
  @@schema("shop")
}
model Audit {
  id Int @id
  user User @relation(fields: [userId], references: [id], onDelete: Cascade)
  userId Int
  @@ignore
  @@schema("auth")
}
enum Role {
  ADMIN @map("admin")
  USER  /// yes
  BOT_2
  @@map("roles")
  @@schema("auth")
}
view Stats {
  userId Int @unique
  n Int
  @@map("user_stats")
  @@schema("auth")
}
`;

export const MYSQL = `
datasource db {
  provider     = "mysql"
  relationMode = "prisma"
}
model Account {
  id     String  @id @db.VarChar(30)
  login  String  @unique @db.VarChar(30)
  code   Int     @unique @db.UnsignedInt
  born   Int?    @unique @db.Year
  plan   Plan    @default(FREE)
  notes  Note[]
  groups Group[]
  @@unique([plan, code])
}
model Note {
  id        Int      @id @default(autoincrement())
  accountId String?
  account   Account? @relation(fields: [accountId], references: [id])
  text      String   @db.Text
  @@index([accountId])
}
model Group {
  id       Int       @id
  accounts Account[]
}
enum Plan {
  FREE
  PAID @map("paid plan")
}
`.replaceAll("\n", "\r\n");

export const SQLITE = `
datasource db {
  provider = "sqlite"
}
model A {
  id Int @id @default(autoincrement())
  bs B[]
  only C?
}
model B {
  x Int
  y Boolean
  a A @relation(fields: [aId], references: [id])
  aId Int
  cs C[]
  @@id([x, y])
  @@unique([aId, x])
}
model C {
  key String @unique
  bX Int?
  bY Boolean?
  b B? @relation(fields: [bX, bY], references: [x, y], onDelete: Cascade)
  aId Int? @unique
  a A? @relation(fields: [aId], references: [id], onUpdate: Restrict)
}
`;

export const SQLSERVER = `
datasource db {
  provider = "sqlserver"
}
model Item {
  id   String @id @default(uuid()) @db.UniqueIdentifier
  name String @unique @db.NVarChar(100)
  size Int
  parts Part[]
}
model Part {
  id Int @id @default(autoincrement())
  itemId String @db.UniqueIdentifier
  item Item @relation(fields: [itemId], references: [id], onDelete: NoAction, onUpdate: NoAction)
}
`;
