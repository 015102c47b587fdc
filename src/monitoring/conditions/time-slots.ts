/**
 * A sliding window of equal slots, each with an accumulator. The current slot is cached, because nearly every look-up
 * needs it.
 */
export class TimeSlots<T> {
  private readonly slots = new Map<number, T>();
  private readonly slotMs: number;
  private currentIndex = -1;
  private current: T;

  constructor(
    windowMs: number,
    private readonly parts: number,
    private readonly empty: () => T,
  ) {
    this.slotMs = windowMs / parts;
  }

  at(nowMs: number): T {
    const index = Math.floor(nowMs / this.slotMs);
    if (index !== this.currentIndex) {
      // Later ones were filled while the clock was ahead. A clock that is adjusted by a moment reaches the next one again.
      for (const slot of this.slots.keys())
        if (slot < index - this.parts || slot > index + 1) this.slots.delete(slot);
      this.currentIndex = index;
      this.current = this.slots.get(index) ?? this.empty();
      this.slots.set(index, this.current);
    }
    return this.current;
  }

  /** Returns the current slot and the earlier ones within the window. Slots in which nothing happened are omitted. */
  recent(nowMs: number): T[] {
    const current = Math.floor(nowMs / this.slotMs);
    return [...this.slots]
      .filter(([index]) => index > current - this.parts && index <= current)
      .map(([, slot]) => slot);
  }

  /** Returns the finished slots of the window, the oldest first; undefined for slots in which nothing happened. */
  finished(nowMs: number): (T | undefined)[] {
    const current = Math.floor(nowMs / this.slotMs);
    return Array.from({ length: this.parts }, (_, part) => this.slots.get(current - this.parts + part));
  }
}
