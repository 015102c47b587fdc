/** A longer round trip says too little about the server's time, milliseconds. */
const TELLING_ROUND_TRIP_MS = 20;

/** Estimates Redis' clock: its offset from this process's monotonic clock, learned from replies. */
export class RedisClock {
  private offsetUs: number | null = null;

  /** Learns from a reply with Redis' time in microseconds to a command sent at `sentAt` (`performance.now()`). */
  learn(redisUs: number, sentAt: number): void {
    const receivedAt = performance.now();
    if (this.offsetUs !== null && receivedAt - sentAt > TELLING_ROUND_TRIP_MS) return;
    this.offsetUs = redisUs - ((sentAt + receivedAt) / 2) * 1000;
  }

  /** Returns Redis' time `patienceMs` from now, in whole microseconds; 0 while its clock is unknown. */
  deadline(patienceMs: number): number {
    return this.offsetUs === null ? 0 : Math.floor(this.offsetUs + (performance.now() + patienceMs) * 1000);
  }

  /** Discards the offset. Call this when it has proved wrong. */
  forget(): void {
    this.offsetUs = null;
  }
}
