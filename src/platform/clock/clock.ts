/** The service's only source of the present, injected so that tests can move it. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;

  /** How far this clock is ahead of the machine's, milliseconds; 0 but where a test has set it. */
  aheadMs(): number {
    return 0;
  }

  now(): Date {
    return new Date(this.nowMs());
  }
}

/** The machine's own time; every other part of the service asks a `Clock`, which a test can set. */
export class SystemClock extends Clock {
  nowMs(): number {
    return Date.now();
  }
}
