/**
 * Values by key. The keys that were used lately are remembered, at least half of `most`, and never more than `most`.
 * Which of the others are forgotten first is not told: that costs less than to keep an order of use.
 */
export class Generations<K, V> {
  readonly #room: Room;
  #recent = new Map<K, V>();
  #older = new Map<K, V>();

  /** `most`: a number, or the room that several share, who together remember no more than it has. */
  constructor(most: number | Room) {
    this.#room = typeof most === "number" ? new Room(most) : most;
    this.#room.onTurn(() => {
      this.#older = this.#recent;
      this.#recent = new Map();
    });
  }

  get(key: K): V | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    if (!this.#recent.has(key)) this.#room.take();
    this.#recent.set(key, value);
  }

  delete(key: K): void {
    if (this.#recent.delete(key)) this.#room.giveBack();
    this.#older.delete(key);
  }
}

/** Room for so many values. When half of it is taken, what was not used since that happened before is forgotten. */
export class Room {
  readonly #half: number;
  readonly #turns: (() => void)[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#half = Math.max(1, Math.floor(most / 2));
  }

  onTurn(turn: () => void): void {
    this.#turns.push(turn);
  }

  take(): void {
    if (this.#taken >= this.#half) {
      for (const turn of this.#turns) turn();
      this.#taken = 0;
    }
    this.#taken++;
  }

  giveBack(): void {
    this.#taken--;
  }
}
