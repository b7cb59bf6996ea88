import { isCustomTag, isModelTag, type Patch, type Policy, type Tag } from "@evercache/core";
import { PlannedRead } from "../query/plan.js";
import type { Prepared } from "../query/prepared.js";
import { withRow, type RowList } from "../query/row-list.js";
import type { CachedView } from "../runtime.js";

const MOST_TAGS = 10_000;
/** Lists behind one tag: those that were asked for last. */
const MOST_OF_A_TAG = 4;

/** A list that is asked for again and again. */
export class AskedList {
  /** Since a write last patched it. */
  isAsked = false;
  /** As it was first asked, where writes find it. */
  asked: Asked | null = null;

  constructor(readonly rows: RowList) {}
}

/** No client, which may be one request's alone. */
interface Asked {
  readonly fingerprint: string;
  readonly scope: string | undefined;
  readonly policy: Policy;
  readonly prepared: Prepared;
}

/** Lists that this process was asked for, so that a write finds those that its row is in: by the tags that name values. */
export class AskedLists {
  readonly #byTag = new Map<Tag, AskedList[]>();

  /** The list is asked for. As little as can be: each hit passes here. `scope`: as of its key. */
  see(
    list: AskedList,
    { fingerprint }: CachedView,
    scope: string | undefined,
    policy: Policy,
    prepared: Prepared,
  ): void {
    list.isAsked = true;
    if (list.asked === null) this.#add(list, { fingerprint, scope, policy, prepared });
  }

  /**
   * Those behind one of these tags that were asked for since they were last told here, as this client and this scope see them: others
   * may be shown the row otherwise.
   */
  patches(view: CachedView, scope: string | undefined, model: string, tags: readonly Tag[]): Patch<unknown>[] {
    const patches: Patch<unknown>[] = [];
    const behind = new Set(tags.flatMap((tag) => this.#byTag.get(tag) ?? []));
    const call = { model, operation: "findMany" as const, args: {}, query: unasked };
    for (const list of behind) {
      const { asked, rows } = list;
      if (!list.isAsked || !asked) {
        this.#remove(list);
        continue;
      }
      const { policy, prepared } = asked;
      const isSeenAlike = asked.fingerprint === view.fingerprint && asked.scope === scope;
      if (isSeenAlike && prepared.source.model === model) {
        list.isAsked = false;
        const plan = new PlannedRead(view, call, call.args, policy, prepared, undefined);
        patches.push({ plan, apply: (before, row) => withRow(rows, before, row) });
      }
    }
    return patches;
  }

  #add(list: AskedList, asked: Asked): void {
    const { policy, prepared } = asked;
    // What is loaded once more, or tells its tags and its time by its rows, is not patched.
    if (policy.ttlOf || policy.tagsOf || policy.sliding) return;
    list.asked = asked;
    for (const tag of prepared.tags) {
      if (isModelTag(tag) || isCustomTag(tag)) continue;
      const lists = this.#byTag.get(tag) ?? [];
      const former = lists.find((each) => each.asked?.prepared.key === prepared.key);
      const outgoing = former ?? (lists.length === MOST_OF_A_TAG ? lists[0] : undefined);
      if (outgoing) this.#remove(outgoing);
      const others = this.#byTag.get(tag) ?? [];
      // The tag comes to the end of all.
      this.#byTag.delete(tag);
      this.#byTag.set(tag, [...others, list]);
    }
    for (const lists of this.#byTag.values()) {
      if (this.#byTag.size <= MOST_TAGS) break;
      for (const each of lists) this.#remove(each);
    }
  }

  #remove(list: AskedList): void {
    for (const tag of list.asked?.prepared.tags ?? []) {
      const rest = this.#byTag.get(tag)?.filter((each) => each !== list) ?? [];
      if (rest.length === 0) this.#byTag.delete(tag);
      else this.#byTag.set(tag, rest);
    }
    list.asked = null;
  }
}

function unasked(): never {
  throw new Error("a list that a write patches is never asked");
}
