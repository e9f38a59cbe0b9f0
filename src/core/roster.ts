/** Something a roster can hold. It is in one roster at most. */
export interface RosterMember {
  /** Where it stands in its roster, which alone sets it; -1 when it is in none. */
  place: number;
}

/**
 * Things that come and go with every call, in no order. A list in which each knows its place, not a Set: V8 makes a Set's
 * table anew every few changes, and tables that have grown old keep all later ones alive until the next full collection
 * (ADR 0015).
 */
export class Roster<T extends RosterMember> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    if (member.place >= 0) return;
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** False when it was not there. */
  delete(member: T): boolean {
    const { place } = member;
    if (place < 0 || this.#members[place] !== member) return false;
    member.place = -1;
    const last = this.#members.pop() as T;
    if (last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    return true;
  }

  /** A copy: members may come and go while it is walked. */
  all(): T[] {
    return this.#members.slice();
  }
}
