import type { Moves, Step } from "./moves.js";
import { ANY_AT } from "./protocol.js";
import { ACKNOWLEDGED, DATABASE, DEAD, FLOOR, KIND, LEFT, LOCKED, NO_ENTRY, OWING, OWN } from "./state.js";
import { R, READER_AT, STAMPS, TOKEN, VERSION } from "./state.js";

/** The bits of the properties that an answer can break, in the order of a reader's floors. */
const FLOORS = 3;

/** Every step that reader `r` can take now. */
export function readerSteps(moves: Moves, r: number): void {
  const at = moves.layout.reader(r);
  switch (moves.state[at + READER_AT]) {
    case R.idle:
      if (moves.state[at + LEFT]! > 0) begin(moves, r, at);
      return;
    case R.hasTokens: {
      moves.begin();
      return judge(moves, r, at, moves.layout.server + moves.layout.entryVersion);
    }
    case R.hasEntry: {
      const next = moves.begin();
      const entry = [...next.subarray(at + VERSION, at + STAMPS + moves.tags)];
      if (!seeTokens(moves, at)) return bypass(moves, r, at);
      next[at + VERSION] = 0;
      return judge(moves, r, at, entry);
    }
    case R.mints:
      return mint(moves, r, at);
    case R.loads: {
      const next = moves.begin();
      next[at + READER_AT] = R.fills;
      next[at + VERSION] = next[DATABASE]!;
      return moves.emit("loads", r);
    }
    case R.fills:
      return fill(moves, r, at);
  }
}

function begin(moves: Moves, r: number, at: number): void {
  const { processes, protocol } = moves.setting;
  const start = (): Uint8Array => setOut(moves, r, at);
  if ((start()[OWING]! >> (r % processes)) & 1) return bypass(moves, r, at);
  const sees = seeTokens(moves, at);
  if (protocol.lookup === "at once") {
    if (!sees) return bypass(moves, r, at);
    return judge(moves, r, at, moves.layout.server + moves.layout.entryVersion);
  }
  if (sees) {
    moves.next[at + READER_AT] = R.hasTokens;
    moves.emit("reads the tokens", r);
  } else bypass(moves, r, at);

  const next = start();
  const entry = moves.layout.server + moves.layout.entryVersion;
  next.copyWithin(at + VERSION, entry, entry + 1 + moves.tags);
  next[at + READER_AT] = R.hasEntry;
  moves.emit("reads the entry", r);
}

/** Begins a read: what has been committed and acknowledged by now, it must see. */
export function setOut(moves: Moves, r: number, at: number): Uint8Array {
  const next = moves.begin();
  next[at + FLOOR] = next[DATABASE]!;
  next[at + FLOOR + 1] = next[ACKNOWLEDGED]!;
  next[at + FLOOR + 2] = next[OWN + (r % moves.setting.processes)]!;
  return next;
}

/** Puts the tokens of now where the stamps go; 0 where there is none. False where one is locked. */
function seeTokens(moves: Moves, at: number): boolean {
  const { next } = moves;
  for (let t = 0; t < moves.tags; t++) {
    if (next[moves.tag(t) + KIND] === LOCKED) return false;
    next[at + STAMPS + t] = moves.isMinted(next, t) ? next[moves.tag(t) + TOKEN]! : 0;
  }
  return true;
}

/** `entry`: its version and stamps, or where in the state these are. The tokens are seen already. */
function judge(moves: Moves, r: number, at: number, entry: number | readonly number[]): void {
  const { next, tags } = moves;
  const field = (i: number): number => (typeof entry === "number" ? next[entry + i]! : entry[i]!);
  let isHit = field(0) !== NO_ENTRY;
  let isComplete = true;
  for (let t = 0; t < tags; t++) {
    const stamp = next[at + STAMPS + t]!;
    if (stamp === 0) isComplete = false;
    if (stamp === 0 || stamp !== field(1 + t)) isHit = false;
  }
  if (isHit) answer(moves, r, at, field(0), "hit");
  else if (isComplete) load(moves, r, at, "miss");
  else {
    next[at + READER_AT] = R.mints;
    moves.emit("miss", r);
  }
}

function mint(moves: Moves, r: number, at: number): void {
  const next = moves.begin();
  const blindly = moves.setting.protocol.mint === "over anything";
  let isLocked = false;
  for (let t = 0; t < moves.tags; t++) {
    if (next[at + STAMPS + t] !== 0) continue;
    if (!blindly && next[moves.tag(t) + KIND] === LOCKED) isLocked = true;
    else if (!blindly && moves.isMinted(next, t)) next[at + STAMPS + t] = next[moves.tag(t) + TOKEN]!;
    else next[at + STAMPS + t] = moves.mint(t);
  }
  if (isLocked) bypass(moves, r, at);
  else load(moves, r, at, "mints");
}

const CAN_BE_JOINED: ReadonlySet<number> = new Set([R.loads, R.fills, R.looks, R.looksAtExact, R.looksAtAny]);

/** Begins a load, or joins one of the same process. */
export function load(moves: Moves, r: number, at: number, step: Step): void {
  const { next, setting, layout } = moves;
  for (let other = 0; other < setting.readers; other++) {
    const its = layout.reader(other);
    if (other === r || other % setting.processes !== r % setting.processes) continue;
    if (!CAN_BE_JOINED.has(next[its + READER_AT]!)) continue;
    // Its fill was sent.
    if (setting.protocol.narrowing !== null && next[its + READER_AT] === R.fills) continue;
    let isSame = true;
    // Of exact tags that only the result tells, nobody knew when the load began.
    for (let t = setting.protocol.narrowing === null ? 0 : ANY_AT; t < moves.tags; t++)
      if (next[its + STAMPS + t] !== next[at + STAMPS + t]) isSame = false;
    if (!isSame && setting.protocol.join === "equal stamps") continue;
    next[at + READER_AT] = R.joined + other;
    return moves.emit("joins", r);
  }
  next[at + READER_AT] = R.loads;
  moves.emit(step, r);
}

/** Stores what was loaded, and gives it to all who wait for it. */
function fill(moves: Moves, r: number, at: number): void {
  const next = moves.begin();
  const { layout, tags, setting } = moves;
  const entry = layout.server + layout.entryVersion;
  const isLate = setting.protocol.stamps === "at the fill";
  if (!isLate || seeTokens(moves, at)) {
    if (isLate) mintMissing(moves, at);
    next.copyWithin(entry, at + VERSION, at + STAMPS + tags);
    if (next[entry + 1] === DEAD) next[entry] = NO_ENTRY;
  }
  answer(moves, r, at, moves.state[at + VERSION]!, "fills");
}

function mintMissing(moves: Moves, at: number): void {
  const { next, tags } = moves;
  for (let t = 0; t < tags; t++) if (next[at + STAMPS + t] === 0) next[at + STAMPS + t] = moves.mint(t);
}

/** What comes from the database after the read began is never too old. */
export function bypass(moves: Moves, r: number, at: number): void {
  rest(moves, at);
  moves.emit("bypass", r);
}

export function answer(moves: Moves, r: number, at: number, version: number, step: Step): void {
  const { next, layout, setting } = moves;
  let broken = tooOld(next, at, version);
  rest(moves, at);
  for (let other = 0; other < setting.readers; other++) {
    const its = layout.reader(other);
    if (next[its + READER_AT] !== R.joined + r) continue;
    broken |= tooOld(next, its, version);
    rest(moves, its);
  }
  moves.emit(step, r, broken);
}

function tooOld(state: Uint8Array, at: number, version: number): number {
  let broken = 0;
  for (let i = 0; i < FLOORS; i++) if (version < state[at + FLOOR + i]!) broken |= 1 << i;
  return broken;
}

function rest({ next, tags }: Moves, at: number): void {
  next[at + LEFT]!--;
  next[at + READER_AT] = R.idle;
  next.fill(0, at + FLOOR, at + STAMPS + tags);
}
