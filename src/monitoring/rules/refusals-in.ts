import type { AuditEntry } from '../../audit/audit-entry.js';

/** The policies that count only logins if the request names an account. */
const LOGIN_POLICIES: readonly unknown[] = ['login', 'login-address'];

/** Returns how many refusals an entry represents: beyond a number per caller, they are recorded together. */
export function refusalsIn({ details }: AuditEntry): number {
  return numberOf(details?.count) ?? 1;
}

/**
 * Returns how many refused logins an entry of the type `excess_rate_limit_exceeded` represents. Other requests name an account,
 * too, such as one for a mail that resets its password.
 */
export function refusedLoginsIn(entry: AuditEntry): number {
  const { account, logins, policies } = entry.details ?? {};
  if (logins !== undefined) return numberOf(logins) ?? 0;
  // Entries of earlier releases say only which policies refused.
  const isLogin = Array.isArray(policies) && policies.some((policy) => LOGIN_POLICIES.includes(policy));
  return isLogin && typeof account === 'string' ? refusalsIn(entry) : 0;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}
