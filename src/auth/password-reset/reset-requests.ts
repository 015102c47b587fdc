import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { OutboxChannel, OutboxDelivery } from '../../platform/outbox/outbox-channel.js';
import { Outbox } from '../../platform/outbox/outbox.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { InvitationLinks } from '../invitations/invitation-links.js';
import { ResetLinks } from './reset-links.js';

/** What the outbox stores of a request. */
interface ResetRequest {
  readonly email: string;
  readonly origin: Pick<Origin, 'requestId' | 'ip' | 'network' | 'userAgent' | 'usedKey'>;
}

/**
 * Takes requests for a new password. The request only stores what was asked; the account is looked up when the outbox
 * delivers it. So the request takes the same steps and the same time whether or not there is one.
 */
@Injectable()
export class ResetRequests implements OutboxChannel, OnModuleInit {
  readonly name = 'password_reset_request';
  readonly sealed = true;

  constructor(
    private readonly outbox: Outbox,
    private readonly links: ResetLinks,
    private readonly invitations: InvitationLinks,
    private readonly users: UsersService,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.outbox.register(this);
  }

  /** `email` is in its canonical form. Throws `mail_unconfigured`. */
  async request(email: string, { requestId, ip, network, userAgent, usedKey }: Origin): Promise<void> {
    this.links.assertPossible();
    const origin = { requestId, ip, network, userAgent, ...(usedKey && { usedKey }) };
    const payload: ResetRequest = { email, origin };
    const message = { channel: this.name, subject: this.name, payload, priority: 'normal' as const };
    await this.transactions.run((tx) => this.outbox.enqueue(tx, [message]));
  }

  /**
   * Mails the link if an account has the address and is not disabled, and records the request in any case. An account that is
   * still invited gets its first password by the invitation, which is sent again.
   */
  async deliver({ payload }: OutboxDelivery): Promise<void> {
    const request = payload as ResetRequest;
    await this.transactions.run(async (tx) => {
      const user = await this.users.lockByEmail(tx, request.email);
      const refusal = refusalOf(user);
      if (user !== null && refusal === null) await this.links.send(tx, user);
      if (user !== null && refusal === 'account_invited') await this.invitations.send(tx, user);
      await this.record(tx, user, request);
    });
  }

  private async record(tx: Transaction, user: User | null, { email, origin }: ResetRequest): Promise<void> {
    const event = {
      type: 'authn_password_reset_requested' as const,
      userId: user?.id ?? null,
      origin,
      details: { account: this.audit.emailDigest(email) },
    };
    const reason = refusalOf(user);
    if (reason === null) await this.audit.record(tx, { ...event, outcome: 'success' });
    else await this.audit.record(tx, { ...event, outcome: 'failure', reason });
  }
}

/** Returns why an account gets no link to a new password; null if it gets one. */
function refusalOf(user: User | null): string | null {
  if (user === null) return 'unknown_account';
  if (user.disabledAt !== null) return 'account_disabled';
  return user.invitedAt === null ? null : 'account_invited';
}
