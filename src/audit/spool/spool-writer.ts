import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { ApiCall, AuditEvent } from '../audit-entry.js';
import { callRow } from '../entry/call-row.js';
import { canonicalEntry } from '../entry/canonical-entry.js';
import { EntryFactory } from '../entry/entry-factory.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { signedJson } from '../entry/signed-json.js';
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
    const canonical = canonicalEntry(this.entries.event(event));
    this.spool.append(signedJson(canonical, this.signer.sign(canonical)));
  }

  /** Calls `written` once the call is durable in the spool, or at once where calls are not recorded. */
  call(call: ApiCall, written?: () => void): void {
    if (!this.environment.AUDIT_CALLS_ENABLED) return written?.();
    const entry = this.entries.call(call);
    this.spool.append(callRow(entry, this.signer.sign(canonicalEntry(entry))), written);
  }
}
