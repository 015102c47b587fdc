import type { AuditEntry } from '../../audit/audit-entry.js';
import type { AuditEventType } from '../../audit/audit-vocabulary.js';
import { networkOf } from '../../platform/http/client-ip/ip-address.js';
import { GenerationalCache } from '../generational-cache.js';
import { GuessingAddresses } from './guessing-addresses.js';
import { refusedLoginsIn } from './refusals-in.js';

/** An attempt to sign in, whether or not the password was checked. */
export interface LoginAttempt {
  readonly account: string;
  readonly failed: boolean;
  /** Whether the password was checked. */
  readonly evaluated: boolean;
}

/** The events that {@link LoginAttempts} reads. */
export const ATTEMPT_EVENTS = [
  'authn_login_success',
  'authn_login_fail',
  'authn_login_lock',
  'excess_rate_limit_exceeded',
] as const satisfies readonly AuditEventType[];

/** How many pairs of caller and account are remembered with the outcome of their last evaluated attempt. */
const REMEMBERED = 50_000;

/** Returns the keyed digest of the account named by an entry, or null. */
export function accountOf(entry: AuditEntry): string | null {
  const account = entry.details?.account;
  return typeof account === 'string' ? account : null;
}

/**
 * Returns the client network of an entry, or null if it is unknown. For IPv6 this is the /64, in which one subscriber
 * can vary the address.
 */
export function addressOf(entry: AuditEntry): string | null {
  return entry.address === null ? null : networkOf(entry.address);
}

/** The limit of logins to one account from one address. */
const LIMIT_OF_ACCOUNT = 'login';
/** The limit of logins from one address. */
const LIMIT_OF_ADDRESS = 'login-address';

/**
 * Reads login attempts from the trail. Refused attempts count like evaluated ones, because a lock or a limit slows
 * down guessing and must not also hide it. An attempt refused by a limit counts as a failed one, with two exceptions:
 *
 * - The same caller's last evaluated attempt on the account succeeded. A build server that exceeds a limit with the right
 *   password guesses nothing, and an attacker with an account of their own must not be able to add logins that nobody checks.
 * - The caller has had no evaluated attempt on the account, and only limits of the whole address refused. Of the people
 *   behind one address, nobody knows what they would have entered. But what `login-address` refuses counts if the attempts
 *   that it admits are guesses, because a strict limit admits fewer accounts than any rule requires.
 */
export class LoginAttempts {
  private readonly callers = new GenerationalCache<{ last: 'success' | 'failure' | null }>();

  private readonly guessing = new GuessingAddresses();

  /**
   * Reads the next entry of the trail. Returns null if it is not a login attempt.
   * @param atMs the entry's time, but not later than now
   */
  read(entry: AuditEntry, atMs: number): LoginAttempt | null {
    const account = accountOf(entry);
    if (account === null) return null;
    switch (entry.type) {
      case 'authn_login_success':
        return this.attempt(account, { entry, atMs }, { failed: false, evaluated: true });
      case 'authn_login_fail':
        return this.attempt(account, { entry, atMs }, { failed: true, evaluated: true });
      case 'authn_login_lock':
        return this.attempt(account, { entry, atMs }, { failed: true, evaluated: false });
      case 'excess_rate_limit_exceeded':
        return this.refused(account, entry, atMs);
      default:
        return null;
    }
  }

  private refused(account: string, entry: AuditEntry, atMs: number): LoginAttempt | null {
    if (refusedLoginsIn(entry) === 0) return null;
    const { last } = this.caller(account, entry);
    const isFailed = last === 'failure' || (last === null && this.isRefusedGuess(entry, atMs));
    return isFailed ? { account, failed: true, evaluated: false } : null;
  }

  /** Whether a refused login, of a caller without an evaluated attempt on the account, was probably a guess. */
  private isRefusedGuess(entry: AuditEntry, atMs: number): boolean {
    if (isRefusedBy(LIMIT_OF_ACCOUNT, entry)) return true;
    const address = addressOf(entry);
    return address !== null && isRefusedBy(LIMIT_OF_ADDRESS, entry) && this.guessing.has(address, atMs);
  }

  private attempt(
    account: string,
    { entry, atMs }: { entry: AuditEntry; atMs: number },
    outcome: Omit<LoginAttempt, 'account'>,
  ): LoginAttempt {
    const attempt = { account, ...outcome };
    const address = addressOf(entry);
    this.caller(account, entry).last = attempt.failed ? 'failure' : 'success';
    if (attempt.evaluated && address !== null) this.guessing.add(address, atMs, attempt);
    return attempt;
  }

  private caller(account: string, entry: AuditEntry): { last: 'success' | 'failure' | null } {
    if (this.callers.youngSize >= REMEMBERED / 2) this.callers.age();
    return this.callers.use(`${account} ${addressOf(entry)}`, () => ({ last: null }));
  }
}

function isRefusedBy(policy: string, { details }: AuditEntry): boolean {
  return Array.isArray(details?.policies) && details.policies.includes(policy);
}
