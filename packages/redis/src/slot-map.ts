import type { Address } from "./client.js";
import type { ClusterView } from "./cluster-view.js";
import { SLOTS } from "./slot.js";

interface Owner {
  readonly id: string;
  readonly epoch: number;
  readonly address: Address;
}

/**
 * Which node serves which slot. A slot never goes back to an older owner: whoever takes slots over does so with a higher
 * config epoch than anybody had before, so that an old primary which has not heard of its successor cannot win them back.
 */
export class SlotMap {
  readonly #slots: (string | undefined)[] = Array.from({ length: SLOTS });
  readonly #owners = new Map<string, Owner>();

  /** Takes over what is newer in `view`. */
  update(view: ClusterView): void {
    for (const { first, last, owner: id, address } of view.ranges) {
      const epoch = view.epochs.get(id);
      if (epoch === undefined) continue;
      const known = this.#owners.get(id);
      if (!known || known.epoch <= epoch) this.#owners.set(id, { id, epoch, address });
      for (let slot = first; slot <= last; slot++) {
        if (this.#yields(slot, id, epoch, view)) this.#slots[slot] = id;
      }
    }
    const present = new Set(this.#slots);
    for (const id of this.#owners.keys()) {
      if (!present.has(id)) this.#owners.delete(id);
    }
  }

  /** Where the slot is served; undefined if nobody is known to. */
  addressOf(slot: number): Address | undefined {
    const id = this.#slots[slot];
    return id === undefined ? undefined : this.#owners.get(id)?.address;
  }

  /** Of all nodes that serve slots. */
  addresses(): Address[] {
    return [...this.#owners.values()].map(({ address }) => address);
  }

  #yields(slot: number, id: string, epoch: number, view: ClusterView): boolean {
    const owner = this.#slots[slot];
    if (owner === undefined || owner === id) return true;
    // Expelled, or of another cluster that was at these addresses before.
    if (!view.epochs.has(owner)) return true;
    return epoch > (this.#owners.get(owner)?.epoch ?? -1);
  }
}
