import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { AuthErrors } from '../../auth/auth.errors.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { PasswordProof } from '../../sessions/proofs.js';
import { SessionIssuer } from '../../sessions/session-issuer.js';
import { UsersService } from '../../users/users.service.js';

/** A right password that nobody had to guess. */
const PASSWORD: PasswordProof = {
  method: 'pwd',
  stillHolds: () => Promise.resolve(true),
  attempt: { failures: 0, succeeded: () => Promise.resolve(0), refund: () => Promise.resolve() },
};

/** Makes sessions for tests, by the one issuer and without a hash. */
@Injectable()
export class TestSessions {
  constructor(
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
    private readonly ids: UuidV7,
  ) {}

  /**
   * Makes a session whose owner has proven who they are so many milliseconds ago. It is on a device of its own that counts
   * as known. Throws `not_found`, and what a login throws: `invalid_credentials` for a disabled account.
   */
  async make(userId: string, proofAgeMs: number, origin: Origin): Promise<IssuedSession> {
    const user = await this.users.findById(userId);
    if (!user) throw new Problem(PlatformErrors.not_found);
    const request = {
      userId,
      proofs: [PASSWORD] as const,
      deviceId: this.ids.next(),
      isKnownDevice: true,
      emailDigest: this.audit.emailDigest(user.email),
      proofAgeMs,
    };
    const issued = await this.transactions.run((tx) => this.issuer.issue(tx, request, origin));
    if (!issued) throw new Problem(AuthErrors.invalid_credentials);
    return issued;
  }
}
