import { FAULTS, type Setting } from "./protocol.js";
import { BUDGET, DEAD, NO_ENTRY, R, READER_AT, STAMPS, TAG_SIZE, TOKEN, VERSION, type Layout } from "./state.js";

/**
 * Makes states equal that behave alike: tokens are only ever compared, so they are numbered in the order in which they
 * are found; what no tag can ever hold again cannot make an entry valid; a replica that will not take over is nothing.
 */
export function normalForm(setting: Setting, layout: Layout): (state: Uint8Array) => void {
  const { tags, readers } = setting;
  const { server, replica, serverSize, entryVersion, entryStamps } = layout;
  const failovers = BUDGET + FAULTS.indexOf("failover");
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
  const normalizeEntry = (state: Uint8Array, version: number, stamps: number): void => {
    if (state[version] === NO_ENTRY || isDead(state, stamps)) {
      state[version] = NO_ENTRY;
      state.fill(0, stamps, stamps + tags);
    } else renumber(state, stamps);
  };

  return (state) => {
    if (state[failovers] === 0) state.fill(0, replica, replica + serverSize);
    // A counter's numbers mean something.
    if (setting.protocol.tokens === "counted") return;
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
      else if (where >= R.joined) state.fill(0, stamps, stamps + tags);
      else if (where !== R.idle) {
        if (state[stamps] === DEAD || isDead(state, stamps)) state.fill(DEAD, stamps, stamps + tags);
        else renumber(state, stamps);
      }
    }
  };
}
