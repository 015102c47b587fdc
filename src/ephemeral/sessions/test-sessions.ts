import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { AuthErrors } from '../../auth/auth.errors.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { AssuranceLevel } from '../../sessions/proofs.js';
import { SessionIssuer } from '../../sessions/issuing/session-issuer.js';
import { UsersService } from '../../users/users.service.js';

import { TestProofs } from './test-proofs.js';

/** The session to make. */
export interface WantedSession {
  readonly userId: string;
  /** The highest level that the account can reach if null. */
  readonly acr: AssuranceLevel | null;
  /** How long ago its owner has proven who they are. */
  readonly proofAgeMs: number;
}

/** Makes sessions for tests, by the one issuer and without a hash. */
@Injectable()
export class TestSessions {
  constructor(
    private readonly users: UsersService,
    private readonly proofs: TestProofs,
    private readonly issuer: SessionIssuer,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly ids: UuidV7,
  ) {}

  /**
   * Makes a session on a device of its own that counts as known. Throws `not_found`, `validation_failed` for a level that the
   * account cannot reach, and what a login throws: `invalid_credentials` for a disabled account.
   */
  async make({ userId, acr, proofAgeMs }: WantedSession, origin: Origin): Promise<IssuedSession> {
    const user = await this.users.findById(userId);
    if (!user) throw new Problem(PlatformErrors.not_found);
    const proofs = await this.proofs.of(userId);
    if (acr === 'aal2' && proofs.length < 2) throw unreachable();
    const request = {
      userId,
      proofs,
      deviceId: this.ids.next(),
      isKnownDevice: true,
      emailDigest: this.audit.emailDigest(user.email),
      proofAgeMs,
    };
    const outcome = await this.transactions.run(async (tx) => {
      const made = await this.issuer.issue(tx, request, origin);
      if (made.kind === 'issued' && acr === 'aal1') await this.proofs.lower(tx, made.issued, proofs);
      return made;
    });
    if (outcome.kind === 'issued') return outcome.issued;
    throw new Problem(outcome.kind === 'unmet' ? outcome.problem : AuthErrors.invalid_credentials);
  }
}

const unreachable = () => unacceptable('#/acr', 'acr must be aal1, because the account has no second factor');
