import { Injectable } from '@nestjs/common';
import { SessionRevocation } from '../../sessions/revocation/session-revocation.js';
import { Environment } from '../../platform/config/environment.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import type { AlertChange } from '../alerts/alert-change.js';
import type { DeliveryChannel, Message } from '../alerts/delivery-channel.js';

/**
 * Responds to alerts of the rules in `RESPOND_END_SESSIONS` by ending all sessions of the accounts in their evidence.
 * It responds to every finding, not only when the alert opens, because the second new device may be the attacker's.
 */
@Injectable()
export class EndSessionsChannel implements DeliveryChannel {
  readonly name = 'end_sessions';
  readonly standsAlone = false;

  constructor(
    private readonly environment: Environment,
    private readonly revocation: SessionRevocation,
    private readonly transactions: TransactionRunner,
  ) {}

  wants({ alert, finding }: AlertChange): boolean {
    const { userIds = [] } = finding.evidence;
    return this.environment.RESPOND_END_SESSIONS.includes(alert.rule) && userIds.length > 0;
  }

  async deliver({ deliveryId, alert: { evidence } }: Message): Promise<void> {
    const origin = internalOrigin(deliveryId);
    // Each on its own: nobody locks the sessions of several accounts at once.
    for (const userId of evidence.userIds ?? [])
      await this.transactions.run((tx) =>
        this.revocation.endAllOfUser(tx, userId, 'response_to_alert', origin),
      );
  }
}
