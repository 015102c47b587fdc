import { Clock, SystemClock } from '../../platform/clock/clock.js';

/** The machine's clock, moved by tests; it runs on from wherever it is set. */
export class MovableClock extends Clock {
  private readonly real = new SystemClock();
  private movedMs = 0;

  nowMs(): number {
    return this.real.nowMs() + this.movedMs;
  }

  override aheadMs(): number {
    return this.movedMs;
  }

  /** Moves it by milliseconds, from where it is. */
  advance(ms: number): void {
    this.movedMs += ms;
  }

  /** Sets it to a time, milliseconds since the Unix epoch. */
  set(ms: number): void {
    this.movedMs = ms - this.real.nowMs();
  }

  /** Sets it back to the machine's time. */
  reset(): void {
    this.movedMs = 0;
  }
}
