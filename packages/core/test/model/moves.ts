import { FAULTS, type Faults, type Setting } from "./protocol.js";
import {
  ABSENT,
  BUDGET,
  EPOCH,
  HOLDERS,
  KIND,
  LOCKED,
  MINTED,
  STAMPS,
  TAG_SIZE,
  TOKEN,
  TOKEN_EPOCH,
  layoutOf,
  type Layout,
} from "./state.js";

/** What happens in one step, by name. The number of a step is that of its name and of who takes it. */
export const STEPS = [
  "locks",
  "is refused the lock",
  "is told that the replica has the lock",
  "begins",
  "commits",
  "rolls back",
  "loses the connection while it commits",
  "commits after all",
  "never commits",
  "releases",
  "is refused the release",
  "is acknowledged",
  "dies",
  "its lease ends",
  "its lease ends although it lives",
  "delivers what it owed",
  "a token is evicted",
  "a lock is evicted",
  "the entry is evicted",
  "the replica catches up",
  "the replica takes over",
  "reads the tokens",
  "reads the entry",
  "hit",
  "bypass",
  "miss",
  "mints",
  "joins",
  "loads",
  "fills",
  "looks again",
  "looks at the exact tags",
] as const;
export type Step = (typeof STEPS)[number];

const NUMBERS = Object.fromEntries(STEPS.map((name, i) => [name, i * 8])) as Record<Step, number>;

/** A state and the one that follows it, with what can be done to the tags of the server in the second. */
export class Moves {
  readonly layout: Layout;
  readonly tags: number;
  state: Uint8Array = new Uint8Array();
  next: Uint8Array = new Uint8Array();
  #emit: (step: number, broken: number) => void = () => {};
  readonly #counted: boolean;

  constructor(readonly setting: Setting) {
    this.layout = layoutOf(setting);
    this.tags = setting.tags;
    this.#counted = setting.protocol.tokens === "counted";
  }

  from(state: Uint8Array, next: Uint8Array, emit: (step: number, broken: number) => void): void {
    this.state = state;
    this.next = next;
    this.#emit = emit;
  }

  /** Makes `next` equal to the state, to be changed. */
  begin(): Uint8Array {
    const { state, next } = this;
    for (let i = 0; i < state.length; i++) next[i] = state[i]!;
    return next;
  }

  emit(step: Step, actor = 0, broken = 0): void {
    this.#emit(NUMBERS[step] + actor, broken);
  }

  /** As `begin`, at the cost of a fault; null where there is none left. */
  beginFault(name: keyof Faults): Uint8Array | null {
    const at = BUDGET + FAULTS.indexOf(name);
    if (this.state[at] === 0) return null;
    const next = this.begin();
    next[at]!--;
    return next;
  }

  tag(t: number): number {
    return this.layout.server + t * TAG_SIZE;
  }

  /** Whether a tag has a token that counts. */
  isMinted(state: Uint8Array, t: number): boolean {
    const at = this.tag(t);
    return state[at + KIND] === MINTED && state[at + TOKEN_EPOCH] === state[EPOCH];
  }

  lock(holder: number, mask: number): void {
    const { next } = this;
    for (let t = 0; t < this.tags; t++) {
      if (!((mask >> t) & 1)) continue;
      const at = this.tag(t);
      const joins = next[at + KIND] === LOCKED && this.setting.protocol.locks !== "one holder, compared";
      next[at + HOLDERS] = (joins ? next[at + HOLDERS]! : 0) | (1 << holder);
      next[at + KIND] = LOCKED;
    }
  }

  /** `holder` -1: nobody's part, as when what is owed is delivered. */
  release(holder: number, changed: number, unchanged: number): void {
    const { next } = this;
    for (let t = 0; t < this.tags; t++) {
      const isChanged = ((changed >> t) & 1) === 1;
      if (!isChanged && !((unchanged >> t) & 1)) continue;
      const at = this.tag(t);
      if (next[at + KIND] === LOCKED) {
        if (isChanged) this.#spoil(at);
        if (holder >= 0) next[at + HOLDERS] = this.#without(next[at + HOLDERS]!, holder);
        if (next[at + HOLDERS] === 0) this.#unlock(at);
      } else if (this.#counted) this.#spoil(at);
      else this.drop(t);
    }
  }

  /** The lease of `holder` ends, in all locks. */
  expire(holder: number): void {
    const { next } = this;
    for (let t = 0; t < this.tags; t++) {
      const at = this.tag(t);
      if (!((next[at + HOLDERS]! >> holder) & 1)) continue;
      next[at + HOLDERS] = next[at + HOLDERS]! & ~(1 << holder);
      if (this.setting.protocol.restore === "if all left unchanged" || next[at + HOLDERS] === 0) this.#spoil(at);
      if (next[at + HOLDERS] === 0) this.#unlock(at);
    }
  }

  drop(t: number): void {
    this.next.fill(0, this.tag(t), this.tag(t) + TAG_SIZE);
  }

  mint(t: number): number {
    const { next } = this;
    const at = this.tag(t);
    const token = this.#counted ? next[at + TOKEN]! + 1 : this.#unused();
    next[at + KIND] = MINTED;
    next[at + TOKEN] = token;
    next[at + TOKEN_EPOCH] = next[EPOCH]!;
    next[at + HOLDERS] = 0;
    return token;
  }

  /** Whether `holder` has a part in the locks of all these tags, in the server that lies there. */
  isHolder(holder: number, server: number, mask: number): boolean {
    for (let t = 0; t < this.tags; t++) {
      if (!((mask >> t) & 1)) continue;
      if (!((this.state[server + t * TAG_SIZE + HOLDERS]! >> holder) & 1)) return false;
    }
    return true;
  }

  /** The former token will not come back. A counter goes on. */
  #spoil(at: number): void {
    const { next } = this;
    if (this.#counted) next[at + TOKEN]!++;
    else next[at + TOKEN] = next[at + TOKEN_EPOCH] = 0;
  }

  #unlock(at: number): void {
    const { next } = this;
    next[at + KIND] = next[at + TOKEN] === 0 ? ABSENT : MINTED;
  }

  #without(holders: number, holder: number): number {
    switch (this.setting.protocol.locks) {
      case "every holder":
        return holders & ~(1 << holder);
      case "one holder, compared":
        return holders === 1 << holder ? 0 : holders;
      case "whoever is last":
        return 0;
      default:
        return this.setting.protocol.locks satisfies never;
    }
  }

  /** The least number that is above all that anything knows of. */
  #unused(): number {
    const { next, layout } = this;
    let most = 0;
    const look = (at: number): void => {
      if (next[at]! > most && next[at]! < 0xf0) most = next[at]!;
    };
    for (const server of [layout.server, layout.replica]) {
      for (let t = 0; t < this.tags; t++) {
        look(server + t * TAG_SIZE + TOKEN);
        look(server + layout.entryStamps + t);
      }
    }
    for (let r = 0; r < this.setting.readers; r++) {
      for (let t = 0; t < this.tags; t++) look(layout.reader(r) + STAMPS + t);
    }
    return most + 1;
  }
}
