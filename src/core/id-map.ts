const minCapacity = 16;
/** A table that grew beyond this for a crowd is let go when the crowd is. */
const keptCapacity = 4_096;

/**
 * Values under ids that are counted up, such as those of calls under way. A table that is written in place, not a Map:
 * V8 makes a Map's table anew every few changes, and tables that have grown old keep all later ones alive until the next
 * full collection (ADR 0015). Open addressing, the id itself as the hash, since neighbours in time have neighbouring ids.
 */
export class IdMap<T> {
  /** 0: free. Ids are positive. */
  #ids: number[] = new Array<number>(minCapacity).fill(0);
  #values: (T | undefined)[] = new Array<T | undefined>(minCapacity).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#values[this.#slotOf(id)];
  }

  /** @param id a positive safe integer */
  set(id: number, value: T): void {
    if (this.#size * 2 >= this.#ids.length) this.#resize(this.#ids.length * 2);
    const slot = this.#slotOf(id);
    if (this.#ids[slot] === 0) this.#size++;
    this.#ids[slot] = id;
    this.#values[slot] = value;
  }

  delete(id: number): void {
    let free = this.#slotOf(id);
    if (this.#ids[free] === 0) return;
    this.#size--;
    if (this.#size === 0 && this.#ids.length > keptCapacity) {
      this.#resize(minCapacity, 0);
      return;
    }
    const mask = this.#ids.length - 1;
    // Those behind that came past this slot on their way move up, so that they are still found.
    for (let slot = (free + 1) & mask; this.#ids[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = homeOf(this.#ids[slot] as number, mask);
      if (((slot - wanted) & mask) < ((slot - free) & mask)) continue;
      this.#ids[free] = this.#ids[slot] as number;
      this.#values[free] = this.#values[slot];
      free = slot;
    }
    this.#ids[free] = 0;
    this.#values[free] = undefined;
  }

  /** In no order; a copy: values may come and go while it is walked. */
  values(): T[] {
    return this.#values.filter((value) => value !== undefined);
  }

  clear(): void {
    this.#size = 0;
    this.#resize(minCapacity, 0);
  }

  /** Where the id stands, or would. */
  #slotOf(id: number): number {
    const mask = this.#ids.length - 1;
    let slot = homeOf(id, mask);
    while (this.#ids[slot] !== 0 && this.#ids[slot] !== id) slot = (slot + 1) & mask;
    return slot;
  }

  #resize(capacity: number, kept = this.#ids.length): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Array<number>(capacity).fill(0);
    this.#values = new Array<T | undefined>(capacity).fill(undefined);
    for (let from = 0; from < kept; from++) {
      const id = ids[from] as number;
      if (id === 0) continue;
      const to = this.#slotOf(id);
      this.#ids[to] = id;
      this.#values[to] = values[from];
    }
  }
}

/** Ids beyond 2^31 count on: the remainder, not a mask, which would cut them to 32 bits. */
function homeOf(id: number, mask: number): number {
  return id <= 0x7fffffff ? id & mask : id % (mask + 1);
}
