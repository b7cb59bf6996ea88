import type { Moves } from "./moves.js";
import { EPOCH, KIND, LOCKED, MINTED, NO_ENTRY, OWING, WRITER_AT } from "./state.js";
import { isAtWork } from "./writers.js";

/** Every step that nobody takes: leases that end, evictions, a failover; and what a process owes is delivered. */
export function otherSteps(moves: Moves): void {
  endLeases(moves);
  deliver(moves);
  evict(moves);
  failOver(moves);
}

function endLeases(moves: Moves): void {
  for (let i = 0; i < moves.setting.writers; i++) {
    if (!hasLock(moves, i)) continue;
    const lives = isAtWork(moves.state[moves.layout.writer(i) + WRITER_AT]!);
    if (lives && !moves.beginFault("slow")) continue;
    if (!lives) moves.begin();
    moves.expire(i);
    moves.emit(lives ? "its lease ends although it lives" : "its lease ends", i);
  }
}

function hasLock(moves: Moves, i: number): boolean {
  for (let t = 0; t < moves.tags; t++) if (moves.isHolder(i, moves.layout.server, 1 << t)) return true;
  return false;
}

function deliver(moves: Moves): void {
  for (let process = 0; process < moves.setting.processes; process++) {
    if (!((moves.state[OWING]! >> process) & 1)) continue;
    const next = moves.begin();
    next[OWING] = next[OWING]! & ~(1 << process);
    moves.release(-1, (1 << moves.tags) - 1, 0);
    moves.emit("delivers what it owed", process);
  }
}

function evict(moves: Moves): void {
  const { state, layout } = moves;
  for (let t = 0; t < moves.tags; t++) {
    const kind = state[moves.tag(t) + KIND];
    if (kind === MINTED && moves.beginFault("evictToken")) {
      moves.drop(t);
      moves.emit("a token is evicted", t);
    }
    if (kind === LOCKED && moves.beginFault("evictLock")) {
      moves.drop(t);
      moves.emit("a lock is evicted", t);
    }
  }
  const entry = layout.server + layout.entryVersion;
  if (state[entry] === NO_ENTRY) return;
  const next = moves.beginFault("evictEntry");
  if (!next) return;
  next[entry] = NO_ENTRY;
  moves.emit("the entry is evicted");
}

function failOver(moves: Moves): void {
  const { server, replica, serverSize } = moves.layout;
  const next = moves.beginFault("failover");
  if (!next) return;
  next.copyWithin(server, replica, replica + serverSize);
  if (moves.setting.protocol.epoch === "in every token") next[EPOCH]!++;
  moves.emit("the replica takes over");

  moves.begin().copyWithin(replica, server, server + serverSize);
  moves.emit("the replica catches up");
}
