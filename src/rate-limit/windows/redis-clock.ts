/** A round trip longer than this tells too little about the time at the other end, milliseconds. */
const TELLING_ROUND_TRIP_MS = 20;

/** What this process knows of Redis' clock: its distance from our monotonic one, learnt from answers. */
export class RedisClock {
  private offsetUs: number | null = null;

  /** Learns from an answer that carries Redis' time in microseconds to a command sent at `sentAt` (`performance.now()`). */
  learn(redisUs: number, sentAt: number): void {
    const receivedAt = performance.now();
    if (this.offsetUs !== null && receivedAt - sentAt > TELLING_ROUND_TRIP_MS) return;
    this.offsetUs = redisUs - ((sentAt + receivedAt) / 2) * 1000;
  }

  /** The time of Redis, in whole microseconds, in `patienceMs`; 0 while its clock is unknown. */
  deadline(patienceMs: number): number {
    return this.offsetUs === null ? 0 : Math.floor(this.offsetUs + (performance.now() + patienceMs) * 1000);
  }

  /** To be called when what was learnt has proved wrong. */
  forget(): void {
    this.offsetUs = null;
  }
}
