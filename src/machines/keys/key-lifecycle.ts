import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { KeyChanges } from './key-changes.js';
import { type IssuedKey, type KeyDescription, KeyIssuing } from './key-issuing.js';
import { eventAbout, type KeyOwner, type LockedOwner } from './key-owner.js';
import { KeyRevocation, type KeyRevocationReason } from './key-revocation.js';

/** What can be done with the keys of an owner, with its record. Callers have locked the owner's row. */
@Injectable()
export class KeyLifecycle {
  constructor(
    private readonly issuing: KeyIssuing,
    private readonly revocation: KeyRevocation,
    private readonly changes: KeyChanges,
    private readonly audit: AuditService,
  ) {}

  /** Makes a key. Throws `too_many_keys`. */
  async create(
    tx: Transaction,
    owner: LockedOwner,
    description: KeyDescription,
    origin: Origin,
  ): Promise<IssuedKey> {
    const issued = await this.issuing.issue(tx, owner, description);
    const { id, scopes, expiresAt } = issued.key;
    const { userId, details } = eventAbout(owner, id);
    await this.audit.record(tx, {
      type: 'api_key_created',
      outcome: 'success',
      userId,
      origin,
      details: { ...details, scopes, expiresAt: expiresAt.toISOString() },
    });
    return issued;
  }

  /** Replaces a key. Throws `not_found`, `key_already_rotated` or `too_many_keys`. */
  async rotate(tx: Transaction, owner: LockedOwner, id: string, origin: Origin): Promise<IssuedKey> {
    const issued = await this.issuing.rotate(tx, owner, uuid(id));
    await this.changes.add(tx, owner.id);
    const { userId, details } = eventAbout(owner, id);
    await this.audit.record(tx, {
      type: 'api_key_rotated',
      outcome: 'success',
      userId,
      origin,
      details: { ...details, successorId: issued.key.id },
    });
    return issued;
  }

  /** Ends a key. Throws `not_found`. */
  async revoke(
    tx: Transaction,
    owner: KeyOwner,
    id: string,
    reason: KeyRevocationReason,
    origin: Origin,
  ): Promise<void> {
    const ended = await this.revocation.end(tx, owner, { id: uuid(id) }, reason, origin);
    if (ended.length === 0) throw new Problem(PlatformErrors.not_found);
  }
}

function uuid(id: string): string {
  if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
  return id;
}
