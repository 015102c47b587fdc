import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { OutboxChannel, OutboxDelivery } from '../../platform/outbox/outbox-channel.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import { UsersService } from '../../users/users.service.js';
import { EmailVerificationMails } from './email-verification-mails.js';
import { EmailProofs } from './email-proofs.js';

type Session = Pick<SessionPrincipal, 'userId' | 'sessionId'>;

interface VerificationRequest {
  readonly email: string;
  readonly session: Session | null;
}

/**
 * Handles requests for a verification mail. A request is only stored; the account is looked up when the outbox delivers the
 * request. Requests therefore run the same statements in the same time whether or not an account exists.
 */
@Injectable()
export class VerificationRequests implements OutboxChannel, OnModuleInit {
  readonly name = 'verification_request';
  readonly sealed = true;

  constructor(
    private readonly outbox: Outbox,
    private readonly mails: EmailVerificationMails,
    private readonly proofs: EmailProofs,
    private readonly users: UsersService,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.outbox.register(this);
  }

  /** Stores a request; `session` is the caller's, or null. Throws `mail_unconfigured`. */
  async request(email: string, session: Session | null): Promise<void> {
    this.mails.assertConfigured();
    const payload: VerificationRequest = { email, session };
    const message = { channel: this.name, subject: this.name, payload, priority: 'normal' as const };
    await this.transactions.run((tx) => this.outbox.enqueue(tx, [message]));
  }

  /** Sends the mail if an account that is enabled and accepted has the address and has not verified it yet. */
  async deliver({ payload }: OutboxDelivery): Promise<void> {
    const { email, session } = payload as VerificationRequest;
    await this.transactions.run(async (tx) => {
      const user = await this.users.lockByEmail(tx, email);
      if (!user || user.emailVerified || user.disabledAt !== null || user.invitedAt !== null) return;
      await this.proofs.send(tx, user, session?.userId === user.id ? session.sessionId : null);
    });
  }
}
