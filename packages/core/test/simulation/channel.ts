import type { Watch, Watcher } from "../../src/store/store.js";
import type { Tag } from "../../src/tag.js";
import { NETWORK, type Clock, type Scheduler } from "./scheduler.js";
import type { Server, Subscription } from "./server.js";

/** One connection. What goes by it one way keeps its order. */
interface Line {
  readonly subscription: Subscription;
  /** When the last thing that was sent comes to the server. */
  lastSent: number;
  /** When the last thing that was answered comes to the process. */
  lastTold: number;
  /** The numbers of the messages that are on their way. */
  readonly underway: number[];
  /** How many messages there had been when the connection broke, which the process has yet to notice; null: it has not. */
  brokenAt: number | null;
}

/**
 * A process' other connection to the server, by which it is told of invalidations. Messages overtake commands, and are
 * overtaken by them; or they are lost with the connection, which is noticed later.
 */
export class Channel implements Watch {
  readonly #groups = new Set<string>();
  readonly #listening = new Set<string>();
  #line: Line | null = null;

  constructor(
    private readonly process: number,
    private readonly server: Server,
    private readonly scheduler: Scheduler,
    private readonly clock: Clock,
    private readonly watcher: Watcher,
    heartbeat: number,
    /** Steps that a message takes besides. */
    private readonly lateness: number,
    private readonly isDirect: () => boolean,
  ) {
    clock.globals.setInterval(() => this.beat(), heartbeat);
  }

  follow(group: string): void {
    if (this.#groups.has(group)) return;
    this.#groups.add(group);
    if (this.#line) this.#subscribe(this.#line, [group]);
    else if (this.#groups.size === 1) this.#connect();
  }

  async close(): Promise<void> {
    this.#line?.subscription.end();
    this.#line = null;
  }

  /** Makes sure that everything has come. */
  beat(): void {
    const line = this.#line;
    if (line === null || this.#listening.size === 0) return;
    const asked = this.clock.now;
    this.#send(line, () => this.#answer(line, "hears that all has come", () => this.watcher.onHeard(asked)));
  }

  /** `isLossy`: what is on its way is lost too. `isNoticed`: soon, and made good soon. */
  break(isLossy: boolean, isNoticed: boolean): void {
    const line = this.#line;
    if (line === null || line.brokenAt !== null) return;
    line.subscription.end();
    line.brokenAt = isLossy ? -1 : this.server.published;
    const notice = () => this.#lose(line, isNoticed);
    if (isNoticed) this.scheduler.soon(this.process, "notices at once that it is told nothing", notice);
    else this.scheduler.muchLater(this.process, "notices that it is told nothing", notice);
  }

  /** Whether the process was told all that was published until there were `count` messages, or knows that it was not. */
  hasTold(count: number): boolean {
    const line = this.#line;
    if (line === null) return true;
    if (line.brokenAt !== null && count > line.brokenAt) return false;
    const [next] = line.underway;
    return next === undefined || next > count;
  }

  #connect(): void {
    const line: Line = {
      subscription: this.server.subscribe((tags) => this.#tell(line, tags)),
      lastSent: 0,
      lastTold: 0,
      underway: [],
      brokenAt: null,
    };
    this.#line = line;
    this.#subscribe(line, [...this.#groups]);
  }

  #subscribe(line: Line, groups: readonly string[]): void {
    const asked = this.clock.now;
    this.#send(line, () => {
      for (const group of groups) line.subscription.follow(group);
      this.#answer(line, `follows ${groups.join()}`, () => {
        for (const group of groups) {
          this.#listening.add(group);
          this.watcher.onFollowing(group);
        }
        this.watcher.onHeard(asked);
      });
    });
  }

  #tell(line: Line, tags: readonly Tag[]): void {
    line.underway.push(this.server.published);
    this.#answer(line, `is told of ${tags.join()}`, () => {
      line.underway.shift();
      this.watcher.onInvalidated(tags);
    });
  }

  #lose(line: Line, isSoonMadeGood: boolean): void {
    if (line !== this.#line) return;
    this.#line = null;
    const lost = [...this.#listening];
    this.#listening.clear();
    this.watcher.onLost(lost);
    const name = "connects to the channel again";
    if (isSoonMadeGood) this.scheduler.soon(this.process, name, () => this.#connect());
    else this.scheduler.later(this.process, name, () => this.#connect());
  }

  #send(line: Line, run: () => void): void {
    if (this.isDirect()) return run();
    line.lastSent = Math.max(line.lastSent, this.scheduler.time + this.scheduler.delay());
    this.scheduler.at(line.lastSent, NETWORK, `P${this.process}'s channel is asked`, () => {
      if (line.brokenAt === null) run();
    });
  }

  #answer(line: Line, name: string, run: () => void): void {
    const take = () => {
      if (line === this.#line && line.brokenAt !== -1) run();
    };
    if (this.isDirect()) return take();
    line.lastTold = Math.max(line.lastTold, this.scheduler.time + this.scheduler.delay() + this.lateness);
    this.scheduler.at(line.lastTold, this.process, name, take);
  }
}
