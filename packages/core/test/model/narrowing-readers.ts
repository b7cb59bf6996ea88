import type { Moves } from "./moves.js";
import { ANY_AT } from "./protocol.js";
import { answer, bypass, load, setOut } from "./readers.js";
import { DATABASE, KIND, LEFT, LOCKED, NO_ENTRY, OWING, TOKEN } from "./state.js";
import { R, READER_AT, STAMPS, VERSION } from "./state.js";

/**
 * Every step that reader `r` can take now, where a query knows the tag of all rows alone, and its result tells the others.
 * An entry carries the tags of which it has a stamp: that of all rows, or those that took its place.
 */
export function narrowingReaderSteps(moves: Moves, r: number): void {
  const at = moves.layout.reader(r);
  switch (moves.state[at + READER_AT]) {
    case R.idle:
      if (moves.state[at + LEFT]! > 0) begin(moves, r, at);
      return;
    case R.mints: {
      moves.begin();
      if (isLocked(moves, ANY_AT)) return bypass(moves, r, at);
      see(moves, at, ANY_AT);
      return load(moves, r, at, "mints");
    }
    case R.loads: {
      const next = moves.begin();
      next[at + READER_AT] = R.looks;
      next[at + VERSION] = next[DATABASE]!;
      return moves.emit("loads", r);
    }
    case R.looks:
      return lookAgain(moves, r, at);
    case R.looksAtExact: {
      moves.begin();
      takeExact(moves, at);
      return moves.emit("looks at the exact tags", r);
    }
    case R.looksAtAny:
      return confirm(moves, r, at);
    case R.fills:
      return fill(moves, r, at);
  }
}

function begin(moves: Moves, r: number, at: number): void {
  const next = setOut(moves, r, at);
  const { processes } = moves.setting;
  if ((next[OWING]! >> (r % processes)) & 1) return bypass(moves, r, at);
  const entry = moves.layout.server + moves.layout.entryVersion;
  if (next[entry] !== NO_ENTRY && holds(moves, entry + 1)) return answer(moves, r, at, next[entry]!, "hit");
  if (isLocked(moves, ANY_AT)) return bypass(moves, r, at);
  if (!moves.isMinted(next, ANY_AT)) {
    next[at + READER_AT] = R.mints;
    return moves.emit("miss", r);
  }
  see(moves, at, ANY_AT);
  load(moves, r, at, "miss");
}

/** Whether each of the stamps is the token of its tag. */
function holds(moves: Moves, stamps: number): boolean {
  const { next } = moves;
  for (let t = 0; t < moves.tags; t++) {
    const stamp = next[stamps + t]!;
    if (stamp !== 0 && !(moves.isMinted(next, t) && next[moves.tag(t) + TOKEN] === stamp)) return false;
  }
  return true;
}

function lookAgain(moves: Moves, r: number, at: number): void {
  const next = moves.begin();
  const { narrowing } = moves.setting.protocol;
  if (narrowing === "the exact ones, then all rows") {
    next[at + READER_AT] = R.looksAtAny;
    if (!areLocked(moves)) for (let t = 0; t < ANY_AT; t++) see(moves, at, t);
    return moves.emit("looks at the exact tags", r);
  }
  if (!isUnchanged(moves, at) && narrowing !== "the exact ones only") {
    return answer(moves, r, at, next[at + VERSION]!, "looks again");
  }
  if (narrowing === "all rows, then the exact ones") next[at + READER_AT] = R.looksAtExact;
  else takeExact(moves, at);
  moves.emit("looks again", r);
}

/** The exact tags, if they could be seen, take the place of the one that is looked at now. */
function confirm(moves: Moves, r: number, at: number): void {
  const next = moves.begin();
  if (!isUnchanged(moves, at)) return answer(moves, r, at, next[at + VERSION]!, "looks again");
  next[at + READER_AT] = R.fills;
  if (next[at + STAMPS] !== 0) next[at + STAMPS + ANY_AT] = 0;
  moves.emit("looks again", r);
}

/** Whether the tag of all rows is what it was before the load. */
function isUnchanged(moves: Moves, at: number): boolean {
  const { next } = moves;
  return moves.isMinted(next, ANY_AT) && next[moves.tag(ANY_AT) + TOKEN] === next[at + STAMPS + ANY_AT];
}

function areLocked(moves: Moves): boolean {
  for (let t = 0; t < ANY_AT; t++) if (isLocked(moves, t)) return true;
  return false;
}

/** Behind a lock on one of them, the tag of all rows stays. */
function takeExact(moves: Moves, at: number): void {
  const { next } = moves;
  next[at + READER_AT] = R.fills;
  if (areLocked(moves)) return;
  for (let t = 0; t < ANY_AT; t++) see(moves, at, t);
  if (moves.setting.protocol.narrowing === "both at once, without the fence")
    next.fill(0, at + STAMPS + 1, at + STAMPS + ANY_AT);
  next[at + STAMPS + ANY_AT] = 0;
}

function fill(moves: Moves, r: number, at: number): void {
  const next = moves.begin();
  const { layout, tags } = moves;
  const entry = layout.server + layout.entryVersion;
  next.copyWithin(entry, at + VERSION, at + STAMPS + tags);
  answer(moves, r, at, moves.state[at + VERSION]!, "fills");
}

function isLocked(moves: Moves, t: number): boolean {
  return moves.next[moves.tag(t) + KIND] === LOCKED;
}

/** Puts the token of the tag where its stamp goes, and mints it where there is none. */
function see(moves: Moves, at: number, t: number): void {
  const { next } = moves;
  next[at + STAMPS + t] = moves.isMinted(next, t) ? next[moves.tag(t) + TOKEN]! : moves.mint(t);
}
