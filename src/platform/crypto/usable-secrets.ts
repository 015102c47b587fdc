import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';

/**
 * How long after an announcement an instance uses its secrets, milliseconds. Others forget it after twice this time, so what
 * it has begun meanwhile ends before.
 */
const USABLE_MS = 30_000;

/**
 * Tells whether this instance may use its secrets now. If it has not announced them for half a minute, because it was
 * suspended or cut off from PostgreSQL, others may have changed them without it; it then announces them first.
 *
 * Used by the code that writes audit entries, and therefore by every change that is recorded with an event; by the code
 * that sends the spool, seals, verifies, or rewrites values of an old secret; by the check of stored signing keys; and by
 * the readiness check. Requests that are answered from memory do not use it, nor do reads, which fail if a secret is
 * unknown. No entry is reported as forged before a new announcement has succeeded. If the clock of a suspended machine
 * stops, too, changes are refused only after the next announcement, at most 10 s later.
 */
@Injectable()
export class UsableSecrets {
  private announce: (() => Promise<void>) | null = null;
  private announcing: Promise<void> | null = null;
  private announcedMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Whether the last announcement is recent. True without an announcer, in a program that only reads. */
  get areCurrent(): boolean {
    return this.announce === null || Math.abs(this.clock.nowMs() - this.announcedMs) < USABLE_MS;
  }

  /** Sets how to announce; it must throw if a secret is missing or PostgreSQL is unavailable. */
  announceWith(announce: () => Promise<void>): void {
    this.announce = announce;
  }

  /** Returns the function that notes the success of an announcement which begins now. */
  beginAnnouncement(): () => void {
    const beginMs = this.clock.nowMs();
    return () => {
      this.announcedMs = beginMs;
    };
  }

  /** Resolves at once if the last announcement is recent, otherwise after {@link renew}. */
  async assertUsable(): Promise<void> {
    if (!this.areCurrent) await this.renew();
  }

  /** Announces the secrets. Throws `dependency_unavailable` if one is missing or PostgreSQL is unavailable. */
  async renew(): Promise<void> {
    this.announcing ??= Promise.resolve(this.announce?.()).finally(() => (this.announcing = null));
    await this.announcing;
  }
}
