/** The service's only source of the present, injected so that tests can move it. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch. */
  abstract nowMs(): number;

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
