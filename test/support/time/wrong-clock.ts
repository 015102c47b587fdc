import { Clock } from '../../../src/platform/clock/clock.js';

/** The clock of a machine that differs from the other clocks, PostgreSQL's included. */
export class WrongClock extends Clock {
  constructor(
    private readonly right: Clock,
    private readonly offMs: number,
  ) {
    super();
  }

  nowMs(): number {
    return this.right.nowMs() + this.offMs;
  }

  override aheadMs(): number {
    return this.right.aheadMs();
  }
}
