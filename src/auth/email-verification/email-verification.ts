import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Problem, type ProblemRow } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { profileOf } from '../../users/profile.js';
import { OwnSessions } from '../../sessions/own-sessions/own-sessions.js';
import { ProfileChanges } from '../../users/profile-changes.js';
import type { ProofOfEmail } from '../email/email-link-flow.js';
import { EmailLinks, type SpentEmailLink } from '../email/email-links.js';
import { recordingInvalidSecret } from '../invalid-secret.js';
import { LinkPasswords } from './link-passwords.js';

/**
 * Completes verifications and changes of address. A link alone is not enough: it needs a session of the account or its
 * password. Otherwise a stranger who opens a misdirected mail, or a mail scanner, would complete someone else's registration.
 */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly links: EmailLinks,
    private readonly passwords: LinkPasswords,
    private readonly sessions: OwnSessions,
    private readonly transactions: TransactionRunner,
    private readonly changes: ProfileChanges,
    private readonly audit: AuditService,
  ) {}

  /** Throws `invalid_link` if the link is not valid or belongs to another account than the session, and `session_ended`. */
  async verifyInSession(token: string, session: SessionPrincipal, origin: Origin): Promise<void> {
    const proof = { by: 'link' as const, session, origin };
    await this.finish(proof, SecretsErrors.invalid_link, async (tx) => {
      const spent = await this.links.spend(tx, token);
      return spent?.user.id === session.userId ? spent : null;
    });
  }

  /** Throws `invalid_link`, or `invalid_credentials`, `rate_limited` or `overloaded` as a login does. */
  async verifyByPassword(token: string, password: string, origin: Origin): Promise<void> {
    const userId = await this.links.ownerOf(token);
    await this.passwords.compare({ userId, token, password }, origin, async (assertRight) => {
      const proof = { by: 'link' as const, session: null, origin };
      await this.finish(proof, SecretsErrors.invalid_link, async (tx) => {
        const spent = await this.links.spend(tx, token);
        if (spent) await assertRight(tx);
        return spent;
      });
    });
  }

  /** Throws `invalid_code` and `session_ended`. Every attempt is counted before the code is checked. */
  async verifyByCode(code: string, session: SessionPrincipal, origin: Origin): Promise<void> {
    const attempts = await this.links.attemptCode(session);
    const proof = { by: 'code' as const, session, origin };
    await this.finish(proof, SecretsErrors.invalid_code, (tx) => this.links.spendCode(tx, attempts, code));
  }

  private async finish(
    proof: ProofOfEmail,
    invalid: ProblemRow,
    spend: (tx: Transaction) => Promise<SpentEmailLink | null>,
  ): Promise<void> {
    const { by, session, origin } = proof;
    const failure = {
      type: 'user_email_verify_fail',
      userId: session?.userId ?? null,
      sessionId: session?.sessionId ?? null,
      origin,
      details: { by },
    } as const;
    const changed = await recordingInvalidSecret(this.audit, failure, () =>
      this.transactions.run(async (tx) => {
        const spent = await spend(tx);
        if (!spent || spent.user.disabledAt !== null) throw new Problem(invalid);
        if (session) await this.sessions.lockLive(tx, session);
        return spent.flow.complete(tx, spent, proof);
      }),
    );
    await this.changes.announce(profileOf(changed));
  }
}
