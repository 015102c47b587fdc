import { Clock } from '../../../src/platform/clock/clock.js';

/** The clock of an instance that is behind another by a fixed time. */
export class LaggingClock extends Clock {
  constructor(
    private readonly other: Clock,
    private readonly lagMs: number,
  ) {
    super();
  }

  nowMs(): number {
    return this.other.nowMs() - this.lagMs;
  }

  override aheadMs(): number {
    return this.other.aheadMs() - this.lagMs;
  }
}
