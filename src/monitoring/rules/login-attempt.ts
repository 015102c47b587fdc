import type { AuditEntry } from '../../audit/audit-entry.js';
import type { AuditEventType } from '../../audit/audit-vocabulary.js';
import { networkOf } from '../../platform/http/ip-address.js';
import { GenerationalCache } from '../generational-cache.js';

/** One attempt to sign in, whether or not the password was looked at. */
export interface LoginAttempt {
  readonly account: string;
  readonly failed: boolean;
}

/** The events that {@link LoginAttempts} reads. */
export const ATTEMPT_EVENTS = [
  'authn_login_success',
  'authn_login_fail',
  'authn_login_lock',
  'excess_rate_limit_exceeded',
] as const satisfies readonly AuditEventType[];

/** Callers on an account whose last evaluated attempt is remembered. */
const REMEMBERED = 50_000;

/** The keyed digest of the account that an entry names, or null. */
export function accountOf(entry: AuditEntry): string | null {
  const account = entry.details?.account;
  return typeof account === 'string' ? account : null;
}

/** The client network of an entry (a /64 of IPv6 is one subscriber's to roam in), or null where it is unknown. */
export function addressOf(entry: AuditEntry): string | null {
  return entry.address === null ? null : networkOf(entry.address);
}

/**
 * Reads attempts to sign in from the trail. Refused attempts count like evaluated ones, because a lock or a limit
 * slows guessing down and must not hide it as well: an attempt that a limit refused is taken to be what the same
 * caller's last evaluated attempt on the account was. So the guesses that follow a wrong password are guesses, and
 * a build server that runs into a limit with the right password is none.
 */
export class LoginAttempts {
  private readonly callers = new GenerationalCache<{ succeeded: boolean }>();

  /** The next entry of the trail as an attempt, or null. */
  read(entry: AuditEntry): LoginAttempt | null {
    const account = accountOf(entry);
    if (account === null) return null;
    switch (entry.type) {
      case 'authn_login_success':
        return this.evaluated(account, entry, false);
      case 'authn_login_fail':
      case 'authn_login_lock':
        return this.evaluated(account, entry, true);
      case 'excess_rate_limit_exceeded':
        return { account, failed: !this.caller(account, entry).succeeded };
      default:
        return null;
    }
  }

  private evaluated(account: string, entry: AuditEntry, failed: boolean): LoginAttempt {
    this.caller(account, entry).succeeded = !failed;
    return { account, failed };
  }

  private caller(account: string, entry: AuditEntry): { succeeded: boolean } {
    if (this.callers.youngSize >= REMEMBERED / 2) this.callers.age();
    return this.callers.use(`${account} ${addressOf(entry)}`, () => ({ succeeded: false }));
  }
}
