/** The service's only source of the current time, injected so that tests can change it. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;

  /** Returns how far this clock is ahead of the machine's, milliseconds; 0 unless a test has set it. */
  aheadMs(): number {
    return 0;
  }

  now(): Date {
    return new Date(this.nowMs());
  }
}

/** The machine's clock. All other code uses the injected `Clock`, which tests can set. */
export class SystemClock extends Clock {
  nowMs(): number {
    return Date.now();
  }
}
