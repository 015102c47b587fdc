import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { ApiCall, AuditEvent } from '../audit-entry.js';
import { EntryFactory } from '../entry/entry-factory.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { AuditSpool } from './audit-spool.js';

/** Puts signed entries into the spool: a call as the row that it will be, anything else as JSON. */
@Injectable()
export class SpoolWriter {
  constructor(
    private readonly spool: AuditSpool,
    private readonly entries: EntryFactory,
    private readonly signer: EntrySigner,
    private readonly environment: Environment,
  ) {}

  event(event: AuditEvent): void {
    this.spool.append(this.signer.json(this.entries.event(event)));
  }

  /** Calls `written` once the call is durable in the spool, or at once where calls are not recorded. */
  call(call: ApiCall, written?: () => void): void {
    if (!this.environment.AUDIT_CALLS_ENABLED) return written?.();
    this.spool.append(this.signer.row(this.entries.call(call)), written);
  }
}
