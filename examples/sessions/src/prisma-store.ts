import { createHash } from "node:crypto";
import { callbackify } from "node:util";
import type { Request } from "express";
import session, { type Session, type SessionData } from "express-session";
import type { CachedClient } from "./prisma.js";

declare module "express-session" {
  interface SessionData {
    userId: number;
    theme: string;
  }
}

/** What the row of a session said when it was last read or written. */
interface Row {
  readonly data: string;
  readonly expiresAt: Date;
}

type Done = (error?: unknown) => void;

/** A session that is used is renewed in the database once this share of its lifetime has gone by. */
const WORTH_A_WRITE = 0.1;
/** Few enough for each to be dropped by its own name: above 100 in one write, all sessions would have to be loaded anew. */
const BATCH = 50;

/** The store of express-session in the application's own database. Nothing in it asks for the cache. */
export class PrismaStore extends session.Store {
  readonly #prisma: Pick<CachedClient, "session">;
  readonly #lifetime: number;
  /** Those that have a row, or had one. */
  readonly #rows = new WeakMap<object, Row>();

  /** `lifetime`: milliseconds that a session lives after it was last used, as exact as a tenth of it. */
  constructor(prisma: Pick<CachedClient, "session">, { lifetime }: { lifetime: number }) {
    super();
    this.#prisma = prisma;
    this.#lifetime = lifetime;
  }

  override get(sid: string, done: (error: unknown, found?: SessionData | null) => void): void {
    callbackify(() => this.#find(rowId(sid)))(done);
  }

  override createSession(request: Request, data: SessionData): Session & SessionData {
    const row = this.#rows.get(data);
    const created = super.createSession(request, data);
    if (row) this.#rows.set(created, row);
    return created;
  }

  override set(sid: string, changed: SessionData, done: Done = () => {}): void {
    callbackify(() => this.#save(rowId(sid), changed))(done);
  }

  override touch(sid: string, used: SessionData, done: Done = () => {}): void {
    callbackify(() => this.#renew(rowId(sid), used))(done);
  }

  override destroy(sid: string, done: Done = () => {}): void {
    callbackify(() => this.#delete([rowId(sid)]))(done);
  }

  /** Ends all sessions that this user has now. */
  async destroyAllOf(userId: number): Promise<void> {
    const found = await this.#prisma.session.findMany({ where: { userId }, select: { id: true } });
    const ids = found.map(({ id }) => id);
    for (let from = 0; from < ids.length; from += BATCH) await this.#delete(ids.slice(from, from + BATCH));
  }

  /** Deletes the rows of sessions that are over. Only for the room they take: they count for nothing already. */
  async deleteExpired(now = new Date()): Promise<number> {
    const isOver = { expiresAt: { lte: now } };
    let deleted = 0;
    for (;;) {
      const found = await this.#prisma.session.findMany({ where: isOver, select: { id: true }, take: BATCH });
      if (found.length === 0) return deleted;
      // By their ids: without these, the sessions of all others would have to be loaded anew.
      const ids = found.map(({ id }) => id);
      deleted += (await this.#prisma.session.deleteMany({ where: { id: { in: ids }, ...isOver } })).count;
    }
  }

  async #find(id: string): Promise<SessionData | null> {
    const row = await this.#prisma.session.findUnique({ where: { id }, select: { data: true, expiresAt: true } });
    // How long an entry stays in the cache says nothing about how long the session lives. This does.
    if (!row || row.expiresAt <= new Date()) return null;
    const data = JSON.parse(row.data) as SessionData;
    data.cookie.expires = row.expiresAt;
    this.#rows.set(data, row);
    return data;
  }

  async #save(id: string, changed: SessionData): Promise<void> {
    const row = this.#rows.get(changed);
    const data = encode(changed);
    if (row?.data === data) return this.#renew(id, changed);
    const next = { data, expiresAt: this.#expiry() };
    const userId = changed.userId ?? null;
    // One that had a row and has none any more was ended meanwhile, by a logout: it must not come back to life.
    if (row) await this.#update(id, { ...next, userId });
    else await this.#prisma.session.create({ data: { id, userId, ...next } });
    this.#rows.set(changed, next);
  }

  async #renew(id: string, used: SessionData): Promise<void> {
    const row = this.#rows.get(used);
    const expiresAt = this.#expiry();
    if (!row || expiresAt.getTime() - row.expiresAt.getTime() < this.#lifetime * WORTH_A_WRITE) return;
    await this.#update(id, { expiresAt });
    this.#rows.set(used, { ...row, expiresAt });
  }

  #update(id: string, data: { expiresAt: Date; data?: string; userId?: number | null }) {
    return this.#prisma.session.updateMany({ where: { id, expiresAt: { gt: new Date() } }, data });
  }

  async #delete(ids: readonly string[]): Promise<void> {
    await this.#prisma.session.deleteMany({ where: { id: { in: [...ids] } } });
  }

  #expiry(): Date {
    return new Date(Date.now() + this.#lifetime);
  }
}

/** The id that the browser has is nowhere but there. It is random, so that a plain hash cannot be guessed back. */
export function rowId(sid: string): string {
  return createHash("sha256").update(sid).digest("hex");
}

/** Without the moment at which it expires, which has a column of its own. */
function encode(changed: SessionData): string {
  const data = JSON.parse(JSON.stringify(changed)) as SessionData;
  delete data.cookie.expires;
  return JSON.stringify(data);
}
