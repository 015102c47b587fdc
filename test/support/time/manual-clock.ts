import { Clock } from '../../../src/platform/clock/clock.js';

/** A clock that only the test moves. */
export class ManualClock extends Clock {
  constructor(private ms = Date.UTC(2026, 0, 1)) {
    super();
  }

  nowMs(): number {
    return this.ms;
  }

  override aheadMs(): number {
    return this.ms - Date.now();
  }

  advance(ms: number): void {
    this.ms += ms;
  }
}
