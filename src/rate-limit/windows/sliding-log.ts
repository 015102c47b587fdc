import type { Window } from './window.js';

/** The admissions of one key, grouped as {@link grainOf} describes; the in-process equivalent of the Redis script. */
export class SlidingLog {
  /** Start of each group of admissions, ascending; entries before `first` have left the window. */
  private starts: number[] = [];
  private first = 0;
  /** Admissions in the newest group. */
  private fill = 0;

  /** When the last admission leaves the window and the log can be dropped. */
  expiresAtMs = 0;

  /** Returns the admissions that count at this time; drops those that have left the window. */
  countAt(nowMs: number, { windowMs, grain }: Window): number {
    // The clock was set back: earlier admissions are not in the window and must not close it until that time comes again.
    if (this.starts.length > 0 && this.starts.at(-1)! > nowMs + windowMs) this.first = this.starts.length;
    while (this.first < this.starts.length && this.starts[this.first]! <= nowMs - windowMs) this.first++;
    if (this.first > this.starts.length / 2) this.compact();
    return this.count(grain);
  }

  admit(nowMs: number, { windowMs, grain }: Window): void {
    this.expiresAtMs = nowMs + windowMs;
    if (this.starts.length > this.first && this.fill < grain) {
      this.fill++;
    } else {
      this.starts.push(nowMs);
      this.fill = 1;
    }
  }

  /**
   * Takes back one admission of that time, unless it has left the window. Admissions that share a timestamp are
   * indistinguishable to the window, so the newest group loses one.
   */
  refund(at: number, { grain }: Window): void {
    const oldest = this.starts[this.first];
    if (oldest === undefined || oldest > at) return;
    this.fill--;
    if (this.fill > 0) return;
    let index = this.starts.length - 1;
    if (grain === 1) while (this.starts[index]! > at) index--;
    this.starts.splice(index, 1);
    this.fill = grain;
  }

  /** Returns the milliseconds until the oldest admissions leave and make room; 0 for an empty log. */
  waitAt(nowMs: number, { limit, windowMs, grain }: Window): number {
    const beyond = Math.max(0, this.count(grain) - limit);
    const leaving = this.starts[this.first + Math.floor(beyond / grain)];
    return leaving === undefined ? 0 : leaving + windowMs - nowMs;
  }

  private count(grain: number): number {
    const groups = this.starts.length - this.first;
    return groups === 0 ? 0 : (groups - 1) * grain + this.fill;
  }

  private compact(): void {
    this.starts = this.starts.slice(this.first);
    this.first = 0;
  }
}
