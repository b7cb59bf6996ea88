import { expect } from "vitest";
import type { StoreHooks } from "../../../testing/src/wrap-store.js";
import { openEntry } from "../../src/entry.js";
import type { Narrowing } from "../../src/narrowing.js";
import type { ReadPlan } from "../../src/read-plan.js";
import { createMemoryStore } from "../../src/store/memory-store.js";
import { anyTag, pathTag, rowTag, type Tag } from "../../src/tag.js";
import { makeCache, type CacheUnderTest } from "./make-cache.js";
import { makePlan } from "./plans.js";

export const POST = rowTag("Post", ["1"]);
export const POST_PATH = pathTag("Post", ["id"]);
export const POST_ANY = anyTag("Post");
export const USER_PATH = pathTag("User", ["id"]);
export const USER_ANY = anyTag("User");
export const author = (id: number): Tag => rowTag("User", [String(id)]);

interface Post {
  readonly id: number;
  readonly author: { readonly id: number; readonly name: string } | null;
}

/** A process that reads the blog. */
export interface BlogReader extends CacheUnderTest {
  /** The commands that it gave to the store for its reads, in order. */
  readonly asked: string[];
  /** Where the answer came from, and who the author is. */
  readonly see: (plan?: ReadPlan<Post>) => Promise<[from: string, author: string | null]>;
}

/** A database of one post, whose author only the result tells, and a store that all processes share. */
export class Blog {
  authorId: number | null = 7;
  readonly names = new Map([
    [7, "ann"],
    [8, "bob"],
  ]);
  loads = 0;
  /** Of the store. */
  clock = 0;
  readonly store = createMemoryStore({ now: () => this.clock });

  get post(): Post {
    const { authorId } = this;
    return { id: 1, author: authorId === null ? null : { id: authorId, name: this.names.get(authorId)! } };
  }

  get narrowing(): Narrowing {
    const exact = this.authorId === null ? [] : [USER_PATH, author(this.authorId)];
    return { replaced: [USER_ANY], exact };
  }

  /** The post with its author; what is loaded is on its way until `pass` says so. */
  plan(pass: () => Promise<void> = async () => {}, narrowing?: Narrowing | null): ReadPlan<Post> {
    const load = async (): Promise<Post> => {
      this.loads++;
      const answer = this.post;
      await pass();
      return answer;
    };
    return makePlan(load, {
      source: { model: "Post", operation: "findUnique" },
      key: "Post:id=1 with author",
      tags: [POST_PATH, POST, USER_ANY],
      absentTags: [POST, POST_ANY],
      loadNarrow: async () => {
        const told = narrowing === undefined ? this.narrowing : narrowing;
        return { value: await load(), narrowing: told };
      },
    });
  }

  start(hooks: StoreHooks = {}): BlogReader {
    const asked: string[] = [];
    const { before } = hooks;
    const under = makeCache({
      store: this.store,
      hooks: {
        ...hooks,
        before: {
          ...before,
          lookup: (key, tags) => (asked.push("lookup"), before?.lookup?.(key, tags)),
          mint: (tags, lifetimes) => (asked.push("mint"), before?.mint?.(tags, lifetimes)),
        },
      },
    });
    const see: BlogReader["see"] = async (plan = this.plan()) => {
      const { data, info } = await under.cache.read(plan);
      return [info.reason ? `${info.status}: ${info.reason}` : info.status, data.author?.name ?? null];
    };
    return { ...under, asked, see };
  }

  /** The tags that the stored entry names; null where they are the plan's. */
  async namesOfEntry(): Promise<readonly Tag[] | null> {
    const { entry } = await this.store.lookup(this.plan().key, []);
    return openEntry(entry!)!.names;
  }

  /** A write to a user, by a process of its own. */
  async rename(id: number, name: string, during: () => Promise<void> = async () => {}): Promise<void> {
    const { cache } = makeCache({ store: this.store });
    await cache.write({
      effects: { changed: [USER_ANY, author(id)], fenced: [] },
      run: async () => {
        this.names.set(id, name);
        await during();
      },
      learn: () => ({ changed: [], unchanged: [] }),
      outcomeOf: () => "rolled-back",
    });
  }
}

/** The outcome of each fill, when `count` of them have one. */
export async function fills({ of }: CacheUnderTest, count: number): Promise<string[]> {
  await expect.poll(() => of("fill").length).toBe(count);
  return of("fill").map(({ outcome }) => outcome);
}
