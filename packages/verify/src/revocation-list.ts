import type { Claims } from './claims.js';
import type { VerificationCode } from './verification-error.js';

/** An item of `GET /revocations`. */
export interface Revocation {
  readonly cursor: string;
  readonly sessionId: string | null;
  readonly keyId: string | null;
  readonly reason: string;
  readonly revokedAt: string;
  readonly expiresAt: string;
}

interface End {
  /** Tokens that were issued in this second or before are void; Infinity where all are. */
  readonly upToSeconds: number;
  /** When the last token concerned has expired, Unix milliseconds. */
  readonly untilMs: number;
  /** The same, counted from its arrival on the monotonic clock, milliseconds. */
  readonly heldUntilMs: number;
}

/** The clocks of the service and of this machine may differ. */
const LEEWAY_MS = 60_000;

/**
 * Ended sessions and keys, for as long as tokens of theirs may be around: on the clock by which this process judges their
 * expiry, and on the monotonic one, because a clock that is ahead for a moment would drop them all for good.
 */
export class RevocationList {
  private readonly ends = new Map<string, End>();
  private sweptMs = 0;

  constructor(private readonly nowMs: () => number) {}

  add({ sessionId, keyId, reason, revokedAt, expiresAt }: Revocation): void {
    const id = sessionId ?? keyId;
    if (id === null) return;
    // The keys of an account that is enabled again get new tokens; its sessions stay ended.
    const isPartial = reason === 'reduced' || (reason === 'disabled' && keyId !== null);
    const upToSeconds = isPartial ? Math.floor(Date.parse(revokedAt) / 1000) : Infinity;
    const untilMs = Date.parse(expiresAt) + LEEWAY_MS;
    const heldUntilMs = performance.now() + untilMs - Date.parse(revokedAt);
    const before = this.ends.get(id);
    this.ends.set(id, {
      upToSeconds: Math.max(upToSeconds, before?.upToSeconds ?? 0),
      untilMs: Math.max(untilMs, before?.untilMs ?? 0),
      heldUntilMs: Math.max(heldUntilMs, before?.heldUntilMs ?? 0),
    });
    this.sweep();
  }

  /** What speaks against these claims; null if nothing does. */
  verdict({ sid, key, iat }: Claims): VerificationCode | null {
    for (const id of [sid, key]) {
      const end = id === undefined ? undefined : this.ends.get(id);
      if (end && iat <= end.upToSeconds && !this.isOver(end))
        return end.upToSeconds === Infinity && id === sid ? 'session_ended' : 'invalid_token';
    }
    return null;
  }

  private sweep(): void {
    const now = performance.now();
    if (now - this.sweptMs < LEEWAY_MS) return;
    this.sweptMs = now;
    for (const [id, end] of this.ends) if (this.isOver(end)) this.ends.delete(id);
  }

  private isOver({ untilMs, heldUntilMs }: End): boolean {
    return heldUntilMs < performance.now() && untilMs < this.nowMs();
  }
}
