import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Transaction } from '../platform/database/transaction-runner.js';
import type { ApiCall, AuditEntry, AuditEvent } from './audit-entry.js';

/**
 * The four ways into the trail. SKELETON: signatures are fixed, bodies follow.
 */
@Injectable()
export class AuditService {
  /** Every entry this process has committed, after its commit. */
  readonly committed: Observable<AuditEntry>;

  /** Records an event in the transaction of the change it describes: both commit, or neither. */
  async record(_tx: Transaction, _event: AuditEvent): Promise<void> {
    throw new Error('not yet');
  }

  /** Records an event on its own, at once; throws `dependency_unavailable` when it cannot be written. */
  async recordAlone(_event: AuditEvent): Promise<void> {
    throw new Error('not yet');
  }

  /** Records a refusal by a guard or a pipe: durable in the spool on return, in PostgreSQL within 250 ms. */
  recordRefusal(_event: AuditEvent): void {
    throw new Error('not yet');
  }

  /** Records an API call: durable in the spool on return, in PostgreSQL within 250 ms. */
  recordCall(_call: ApiCall): void {
    throw new Error('not yet');
  }

  /** Whether the spool has room; when it has not, requests are refused with `dependency_unavailable`. */
  hasRoom(): boolean {
    return true;
  }

  /** The keyed digest under which a submitted account address stands in the trail; never the address itself. */
  accountDigest(_email: string): string {
    throw new Error('not yet');
  }
}
