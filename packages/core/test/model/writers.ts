import type { Moves } from "./moves.js";
import { ANY, EFFECTS, EXACT, FAULTS, WRITE_KINDS, type WriteKind } from "./protocol.js";
import { ACKNOWLEDGED, BUDGET, DATABASE, OWING, OWN, W, WRITE, WRITER_AT, WROTE } from "./state.js";

/** Every step that writer `i` can take now. */
export function writerSteps(moves: Moves, i: number): void {
  const at = moves.layout.writer(i);
  switch (moves.state[at + WRITER_AT]) {
    case W.idle:
      return begin(moves, i, at);
    case W.locksOthers: {
      moves.begin()[at + WRITER_AT] = W.ready;
      moves.lock(i, effectsOf(moves, at).locked);
      moves.emit("locks", i);
      return die(moves, i, at);
    }
    case W.waits:
      return wait(moves, i, at);
    case W.ready:
      return end(moves, i, at);
    case W.committed:
      return tell(moves, i, at);
    case W.endsOthers: {
      const next = moves.begin();
      const { locked, changed, unchanged } = effectsOf(moves, at);
      moves.release(
        i,
        changed & ~endedFirst(moves),
        moves.setting.protocol.level === "eventual" ? 0 : unchanged & locked,
      );
      next[at + WRITER_AT] = W.done;
      acknowledge(moves, i, at, next);
      moves.emit("releases", i);
      return die(moves, i, at);
    }
    case W.acknowledged: {
      release(moves, i, at);
      moves.emit("releases", i);
      return die(moves, i, at);
    }
    case W.rolledBack: {
      const next = moves.begin();
      moves.release(i, 0, effectsOf(moves, at).locked);
      next[at + WRITER_AT] = W.done;
      moves.emit("releases", i);
      return die(moves, i, at);
    }
    case W.unknownHeld:
    case W.unknownReleased: {
      commit(moves, at, W.done);
      moves.emit("commits after all", i);
      moves.begin()[at + WRITER_AT] = W.done;
      moves.emit("never commits", i);
      return;
    }
  }
}

/** Whether a writer of which this is known may still change the database, or has not told the store yet. */
export function isAtWork(where: number): boolean {
  return where !== W.idle && where !== W.done;
}

function begin(moves: Moves, i: number, at: number): void {
  const { level, replica } = moves.setting.protocol;
  for (const kind of moves.setting.writes) {
    const write = WRITE_KINDS.indexOf(kind);
    const ready = (next: Uint8Array): void => {
      next[at + WRITER_AT] = W.ready;
      next[at + WRITE] = write;
    };
    ready(moves.begin());
    if (level === "eventual") {
      moves.emit("begins", i);
      continue;
    }
    const { locked } = effectsOfKind(moves, kind);
    if (moves.setting.protocol.quarantine === "at once") {
      moves.lock(i, locked);
      if (replica === "waited for") moves.next[at + WRITER_AT] = W.waits;
      moves.emit("locks", i);
    } else {
      for (const first of [locked & ANY, locked & ~ANY]) {
        ready(moves.begin());
        moves.lock(i, first);
        moves.next[at + WRITER_AT] = W.locksOthers;
        moves.emit("locks", i);
      }
    }
    const refused = moves.beginFault("away");
    if (refused) {
      ready(refused);
      moves.emit("is refused the lock", i);
    }
  }
}

/** The commit waits until the replica has the lock. If that has taken over meanwhile, the writer begins again. */
function wait(moves: Moves, i: number, at: number): void {
  const next = moves.begin();
  if (moves.state[BUDGET + FAULTS.indexOf("failover")] === 0) {
    next[at + WRITER_AT] = W.idle;
    moves.emit("is refused the lock", i);
  } else if (moves.isHolder(i, moves.layout.replica, effectsOf(moves, at).locked)) {
    next[at + WRITER_AT] = W.ready;
    moves.emit("is told that the replica has the lock", i);
  }
  die(moves, i, at);
}

function end(moves: Moves, i: number, at: number): void {
  commit(moves, at, W.committed);
  moves.emit("commits", i);
  if (moves.setting.rollback) {
    moves.begin()[at + WRITER_AT] = W.rolledBack;
    moves.emit("rolls back", i);
  }
  const lost = moves.beginFault("ambiguous");
  if (lost) {
    const isHeld = moves.setting.protocol.ambiguous === "held";
    lost[at + WRITER_AT] = isHeld ? W.unknownHeld : W.unknownReleased;
    const { locked, changed } = effectsOf(moves, at);
    if (!isHeld) moves.release(i, locked | changed, 0);
    moves.emit("loses the connection while it commits", i);
  }
  die(moves, i, at);
}

/** After the commit: the store is told, then the application. */
function tell(moves: Moves, i: number, at: number): void {
  if (moves.setting.protocol.ends !== "at once") {
    const next = moves.begin();
    moves.release(i, effectsOf(moves, at).changed & endedFirst(moves), 0);
    next[at + WRITER_AT] = W.endsOthers;
    moves.emit("releases", i);
  } else if (moves.setting.protocol.release === "awaited") {
    acknowledge(moves, i, at, release(moves, i, at));
    moves.emit("releases", i);
  } else {
    const next = moves.begin();
    acknowledge(moves, i, at, next);
    next[at + WRITER_AT] = W.acknowledged;
    moves.emit("is acknowledged", i);
  }
  const refused = moves.beginFault("away");
  if (refused) {
    refused[at + WRITER_AT] = W.done;
    if (moves.setting.protocol.recovery === "before the next read") {
      refused[OWING] = refused[OWING]! | (1 << (i % moves.setting.processes));
    }
    acknowledge(moves, i, at, refused);
    moves.emit("is refused the release", i);
  }
  die(moves, i, at);
}

function endedFirst({ setting }: Moves): number {
  return setting.protocol.ends === "the exact tag first" ? EXACT : ANY;
}

function release(moves: Moves, i: number, at: number): Uint8Array {
  const next = moves.begin();
  const { locked, changed, unchanged } = effectsOf(moves, at);
  // What was never locked and did not change is left alone.
  moves.release(i, changed, moves.setting.protocol.level === "eventual" ? 0 : unchanged & locked);
  next[at + WRITER_AT] = W.done;
  return next;
}

function commit(moves: Moves, at: number, then: number): void {
  const next = moves.begin();
  next[at + WRITER_AT] = then;
  if (effectsOf(moves, at).commits) next[at + WROTE] = ++next[DATABASE]!;
}

function acknowledge(moves: Moves, i: number, at: number, next: Uint8Array): void {
  const own = OWN + (i % moves.setting.processes);
  next[ACKNOWLEDGED] = Math.max(next[ACKNOWLEDGED]!, next[at + WROTE]!);
  next[own] = Math.max(next[own]!, next[at + WROTE]!);
}

function die(moves: Moves, i: number, at: number): void {
  const next = moves.beginFault("crash");
  if (!next) return;
  next[at + WRITER_AT] = W.done;
  moves.emit("dies", i);
}

function effectsOf(moves: Moves, at: number): WriteEffects {
  return effectsOfKind(moves, WRITE_KINDS[moves.state[at + WRITE]!]!);
}

type WriteEffects = (typeof EFFECTS)[WriteKind];

/** Every write changes the tag of all rows, where there is one. */
const WITH_ANY = Object.fromEntries(
  WRITE_KINDS.map((kind) => {
    const { locked, changed, ...rest } = EFFECTS[kind];
    return [kind, { locked: locked | ANY, changed: changed | ANY, ...rest }];
  }),
) as Record<WriteKind, WriteEffects>;

function effectsOfKind(moves: Moves, kind: WriteKind): WriteEffects {
  return (moves.tags === 3 ? WITH_ANY : EFFECTS)[kind];
}
