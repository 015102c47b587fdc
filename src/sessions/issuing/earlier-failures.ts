import type { AuditEvent } from '../../audit/audit-entry.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { Proof } from '../proofs.js';

/** Resets the guessing counts of accepted proofs; returns how many failures there were before. */
export async function clearFailures(tx: Transaction, proofs: readonly Proof[]): Promise<number> {
  let failures = 0;
  for (const proof of proofs) {
    if (proof.method !== 'pop') failures = Math.max(failures, await proof.attempt.succeeded(tx));
  }
  return failures;
}

/** The person who has authenticated, and the session in which they did. */
interface Authenticated {
  readonly outcome: 'success';
  readonly userId: string;
  readonly sessionId: string;
  readonly origin: Origin;
}

/** Returns the event that says so if there were failures before a success; `account` is the keyed digest of the address. */
export function eventAfterFailures(who: Authenticated, account: string, failures: number): AuditEvent[] {
  if (failures === 0) return [];
  return [{ type: 'authn_login_successafterfail', ...who, details: { account, failures } }];
}
