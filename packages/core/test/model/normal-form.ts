import { FAULTS, type Setting } from "./protocol.js";
import {
  ACKNOWLEDGED,
  BUDGET,
  DEAD,
  FLOOR,
  HOLDERS,
  LEFT,
  NO_ENTRY,
  OWN,
  TAG_SIZE,
  TOKEN,
  type Layout,
} from "./state.js";
import { R, READER_AT, STAMPS, VERSION, W, WRITE, WRITER_AT, WRITER_SIZE, WROTE } from "./state.js";

/**
 * Makes states equal that behave alike: tokens are only ever compared, so they are numbered in the order in which they
 * are found; what no tag can ever hold again cannot make an entry valid; a replica that will not take over is nothing;
 * what nobody will look at again is nothing either; and of actors that are alike, it does not matter which is which.
 */
export function normalForm(setting: Setting, layout: Layout): (state: Uint8Array) => void {
  const forget = forgetting(setting, layout);
  const number = numbering(setting, layout);
  const order = ordering(setting, layout);
  const isCounted = setting.protocol.tokens === "counted";
  return (state) => {
    forget(state);
    // A counter's numbers mean something.
    if (!isCounted) number(state);
    order(state);
  };
}

function forgetting({ readers, writers }: Setting, layout: Layout): (state: Uint8Array) => void {
  const { replica, serverSize } = layout;
  const failovers = BUDGET + FAULTS.indexOf("failover");
  return (state) => {
    if (state[failovers] === 0) for (let i = 0; i < serverSize; i++) state[replica + i] = 0;
    for (let i = 0; i < writers; i++) {
      const at = layout.writer(i);
      const where = state[at + WRITER_AT];
      if (where === W.acknowledged) state[at + WROTE] = 0;
      else if (where === W.done || where === W.idle) state[at + WRITE] = state[at + WROTE] = 0;
    }
    let begins = false;
    for (let r = 0; r < readers; r++) {
      const at = layout.reader(r);
      const where = state[at + READER_AT]!;
      const left = state[at + LEFT]!;
      if (left > (where === R.idle ? 0 : 1)) begins = true;
      // What is loaded after a read began is never too old for it.
      if (where >= R.loads && where < R.joined) for (let i = FLOOR; i < VERSION; i++) state[at + i] = 0;
    }
    // What was acknowledged matters to reads that begin.
    if (!begins) state[ACKNOWLEDGED] = state[OWN] = state[OWN + 1] = 0;
  };
}

function numbering(setting: Setting, layout: Layout): (state: Uint8Array) => void {
  const { tags, readers } = setting;
  const { server, replica, entryVersion, entryStamps } = layout;
  const numbers = new Uint8Array(256);
  let count = 0;

  const number = (token: number): number => (token === 0 ? 0 : (numbers[token] ||= ++count));
  const isDead = (state: Uint8Array, at: number): boolean => {
    for (let t = 0; t < tags; t++) if (numbers[state[at + t]!] === 0 && state[at + t] !== 0) return true;
    return false;
  };
  const renumber = (state: Uint8Array, at: number): void => {
    for (let t = 0; t < tags; t++) state[at + t] = numbers[state[at + t]!]!;
  };
  const put = (state: Uint8Array, at: number, value: number): void => {
    for (let t = 0; t < tags; t++) state[at + t] = value;
  };
  const normalizeEntry = (state: Uint8Array, version: number, stamps: number): void => {
    if (state[version] === NO_ENTRY || isDead(state, stamps)) {
      state[version] = NO_ENTRY;
      put(state, stamps, 0);
    } else renumber(state, stamps);
  };

  return (state) => {
    numbers.fill(0);
    count = 0;
    for (const origin of [server, replica]) {
      for (let t = 0; t < tags; t++) {
        const at = origin + t * TAG_SIZE + TOKEN;
        state[at] = number(state[at]!);
      }
    }
    // Whoever judges with tokens that it read before can still find an entry that bears them.
    for (let r = 0; r < readers; r++) {
      const at = layout.reader(r);
      const where = state[at + READER_AT];
      if (where !== R.hasTokens && where !== R.mints) continue;
      for (let t = 0; t < tags; t++) number(state[at + STAMPS + t]!);
    }
    for (const origin of [server, replica]) normalizeEntry(state, origin + entryVersion, origin + entryStamps);
    for (let r = 0; r < readers; r++) {
      const at = layout.reader(r);
      const where = state[at + READER_AT]!;
      const stamps = at + STAMPS;
      if (where === R.hasEntry) normalizeEntry(state, at + VERSION, stamps);
      else if (where === R.hasTokens || where === R.mints) renumber(state, stamps);
      else if (where >= R.joined) put(state, stamps, 0);
      else if (where !== R.idle) {
        if (state[stamps] === DEAD || isDead(state, stamps)) put(state, stamps, DEAD);
        else renumber(state, stamps);
      }
    }
  };
}

/** Sorts the writers of each process, and its readers. */
function ordering(setting: Setting, layout: Layout): (state: Uint8Array) => void {
  const { tags, writers, readers, processes } = setting;
  const readerSize = STAMPS + tags;
  const locks: number[] = [];
  for (const origin of [layout.server, layout.replica]) {
    for (let t = 0; t < tags; t++) locks.push(origin + t * TAG_SIZE + HOLDERS);
  }

  const exchange = (state: Uint8Array, a: number, b: number, size: number): void => {
    for (let i = 0; i < size; i++) {
      const byte = state[a + i]!;
      state[a + i] = state[b + i]!;
      state[b + i] = byte;
    }
  };
  const orderWriters = (state: Uint8Array, i: number, j: number): boolean => {
    const [a, b] = [layout.writer(i), layout.writer(j)];
    let difference = 0;
    for (let at = 0; at < WRITER_SIZE && difference === 0; at++) difference = state[a + at]! - state[b + at]!;
    for (let n = 0; n < locks.length && difference === 0; n++) {
      const holders = state[locks[n]!]!;
      difference = ((holders >> i) & 1) - ((holders >> j) & 1);
    }
    if (difference <= 0) return false;
    exchange(state, a, b, WRITER_SIZE);
    exchange(state, layout.names + i, layout.names + j, 1);
    for (const lock of locks) {
      const holders = state[lock]!;
      if (((holders >> i) & 1) !== ((holders >> j) & 1)) state[lock] = holders ^ ((1 << i) | (1 << j));
    }
    return true;
  };
  const orderReaders = (state: Uint8Array, r: number, q: number): boolean => {
    const [a, b] = [layout.reader(r), layout.reader(q)];
    let difference = Math.min(state[a + READER_AT]!, R.joined) - Math.min(state[b + READER_AT]!, R.joined);
    for (let at = LEFT; at < readerSize && difference === 0; at++) difference = state[a + at]! - state[b + at]!;
    if (difference <= 0) return false;
    exchange(state, a, b, readerSize);
    exchange(state, layout.names + writers + r, layout.names + writers + q, 1);
    // Who waits for one of them still waits for the same one.
    for (let other = 0; other < readers; other++) {
      const at = layout.reader(other) + READER_AT;
      if (state[at] === R.joined + r) state[at] = R.joined + q;
      else if (state[at] === R.joined + q) state[at] = R.joined + r;
    }
    return true;
  };
  const sort = (state: Uint8Array, actors: number, order: typeof orderWriters): void => {
    for (let i = processes; i < actors; i++) {
      for (let j = i; j >= processes && order(state, j - processes, j); j -= processes);
    }
  };

  return (state) => {
    sort(state, writers, orderWriters);
    sort(state, readers, orderReaders);
  };
}
