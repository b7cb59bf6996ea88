import type { Model } from "./explore.js";
import { otherSteps } from "./faults.js";
import { Moves, STEPS } from "./moves.js";
import { normalForm } from "./normal-form.js";
import { FAULTS, TAG_NAMES, WRITE_KINDS, type Setting } from "./protocol.js";
import { narrowingReaderSteps } from "./narrowing-readers.js";
import { readerSteps } from "./readers.js";
import { BUDGET, DATABASE, LEFT, NO_ENTRY, OWING, R, READER_AT, TOKEN, VERSION, WRITE, WRITER_AT } from "./state.js";
import { isAtWork, writerSteps } from "./writers.js";

/**
 * S: an answer is as new as what was committed when its read began.
 * R: ... as what was acknowledged by then, to whomever.
 * O: ... as what was acknowledged by then in the reader's own process.
 * Q: when no writer is at work, no entry that would be served is old.
 */
export const PROPERTIES = ["S", "R", "O", "Q"] as const;
export type Property = (typeof PROPERTIES)[number];
const Q = 1 << PROPERTIES.indexOf("Q");

const WRITER_STEPS = STEPS.indexOf("delivers what it owed");
const READER_STEPS = STEPS.indexOf("reads the tokens");

export function protocolModel(setting: Setting): Model {
  const moves = new Moves(setting);
  const { layout, tags } = moves;
  const entry = layout.server + layout.entryVersion;
  const steps = setting.protocol.narrowing === null ? readerSteps : narrowingReaderSteps;
  return {
    width: layout.width,
    names: setting.writers + setting.readers,
    properties: PROPERTIES,
    start(state) {
      state.fill(0);
      for (const [i, name] of FAULTS.entries()) state[BUDGET + i] = setting.faults[name] ?? 0;
      state[entry] = state[layout.replica + layout.entryVersion] = NO_ENTRY;
      for (let r = 0; r < setting.readers; r++) {
        state[layout.reader(r) + LEFT] = setting.reads;
        state[layout.names + setting.writers + r] = r;
      }
      for (let i = 0; i < setting.writers; i++) state[layout.names + i] = i;
    },
    expand(state, next, emit) {
      moves.from(state, next, emit);
      for (let i = 0; i < setting.writers; i++) writerSteps(moves, i);
      for (let r = 0; r < setting.readers; r++) steps(moves, r);
      otherSteps(moves);
    },
    normalize: normalForm(setting, layout),
    judge(state) {
      if (state[entry] === NO_ENTRY || state[entry] === state[DATABASE] || state[OWING] !== 0) return 0;
      for (let i = 0; i < setting.writers; i++) if (isAtWork(state[layout.writer(i) + WRITER_AT]!)) return 0;
      for (let t = 0; t < tags; t++) {
        const stamp = state[entry + 1 + t]!;
        // A tag that the entry does not carry.
        if (stamp === 0) continue;
        if (!moves.isMinted(state, t) || state[moves.tag(t) + TOKEN] !== stamp) return 0;
      }
      return Q;
    },
    describe(step, before, after) {
      const actor = step & 7;
      const number = step >> 3;
      const name = STEPS[number]!;
      if (number < WRITER_STEPS)
        return `W${before[layout.names + actor]} ${name}${name === "locks" ? lockedAs(after, actor) : ""}`;
      if (number >= READER_STEPS)
        return `R${before[layout.names + setting.writers + actor]} ${name}${version(name, before, actor)}`;
      if (name === "delivers what it owed") return `P${actor} ${name}`;
      return tags > 1 && name.includes("evicted") ? `${name} (${TAG_NAMES[actor]})` : name;
    },
  };

  function lockedAs(after: Uint8Array, actor: number): string {
    return tags === 1 ? "" : ` (${WRITE_KINDS[after[layout.writer(actor) + WRITE]!]})`;
  }

  function version(name: string, before: Uint8Array, actor: number): string {
    const at = layout.reader(actor);
    if (name === "loads") return ` v${before[DATABASE]}`;
    if (name === "fills") return ` v${before[at + VERSION]}`;
    if (name === "hit") return ` v${before[before[at + READER_AT] === R.hasEntry ? at + VERSION : entry]}`;
    return "";
  }
}
