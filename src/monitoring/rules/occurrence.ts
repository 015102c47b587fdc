import type { AuditEntry } from '../../audit/audit-entry.js';
import { type LoginAttempt, type LoginAttempts, accountOf, addressOf } from './login-attempts.js';

/** An entry of the trail, parsed once for all rules. */
export interface Occurrence {
  readonly entry: AuditEntry;
  /** Milliseconds since the Unix epoch; never later than the time of reading. */
  readonly at: number;
  /** The login attempt that the entry records; null for other entries. */
  readonly attempt: LoginAttempt | null;
  /** The keyed digest of the account named by the entry. */
  readonly account: string | null;
  /** The client's network. */
  readonly address: string | null;
}

/**
 * Parses the next entry of the trail. An entry from an instance whose clock is ahead counts as one of now: a later time
 * would end the windows of all entries that follow it.
 */
export function occurrenceOf(entry: AuditEntry, attempts: LoginAttempts, nowMs: number): Occurrence {
  const at = Math.min(Date.parse(entry.time), nowMs);
  return {
    entry,
    at,
    attempt: attempts.read(entry, at),
    account: accountOf(entry),
    address: addressOf(entry),
  };
}
