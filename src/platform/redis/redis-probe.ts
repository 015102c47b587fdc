import type { Randomness } from '../crypto/randomness.js';
import type { RedisConnection } from './redis-connection.js';

/** Lifetime of a probe, milliseconds. Its notice is of no use later, because it would confirm nothing less than a second old. */
const LIFETIME_MS = 1000;

/** Names that begin like this are those of probes. */
const NAMES = 'probe:';

/** Bytes that tell the probes of all processes apart. */
const NAME_BYTES = 16;

/**
 * Keys that are written to receive their notice, one at a time. It shows that notices arrive, and that they come from the
 * server to which this process writes.
 */
export class RedisProbe {
  /** The name that was written last, which is never used twice, and when (`performance.now()`). */
  private last: { readonly name: string; readonly startedMs: number } | null = null;

  constructor(
    private readonly redis: RedisConnection,
    private readonly randomness: Randomness,
    /** The prefix of the keys about whose changes Redis sends notices. */
    private readonly prefix: string,
  ) {}

  /** Writes a key, unless the notice of an earlier one is still awaited. After a failed write, the next may follow at once. */
  async write(startedMs: number): Promise<void> {
    if (this.last && startedMs - this.last.startedMs < LIFETIME_MS) return;
    const probe = { name: `${NAMES}${this.randomness.bytes(NAME_BYTES).toString('hex')}`, startedMs };
    this.last = probe;
    try {
      await this.redis.run((client) => client.set(this.prefix + probe.name, '', 'PX', LIFETIME_MS));
    } catch {
      if (this.last === probe) this.last = null;
    }
  }

  /** Whether what follows the prefix is the name of a probe, of this process or another. */
  isProbe(name: string): boolean {
    return name.startsWith(NAMES);
  }

  /**
   * Returns when the write of the last probe began, if this is its notice; otherwise null. All earlier changes have then been
   * reported. Later ones may not have been: their notices may take as long as this one took.
   */
  answeredBy(name: string): number | null {
    if (this.last?.name !== name) return null;
    const { startedMs } = this.last;
    this.last = null;
    return startedMs;
  }

  /** Stops waiting for the notice of the last probe. */
  forget(): void {
    this.last = null;
  }
}
