import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Environment } from '../../platform/config/environment.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { AddressBlocks } from '../../rate-limit/blocks/address-blocks.js';
import { type AlertBody, alertBody } from '../alerts/alert-body.js';
import type { AlertChange } from '../alerts/alert-change.js';
import { AlertsRepository } from '../alerts/alerts.repository.js';
import type { DeliveryChannel, Message } from '../alerts/delivery-channel.js';

/**
 * Responds to alerts of the rules in `RESPOND_BLOCK_ADDRESS` by blocking the addresses involved for a time. Of the addresses
 * behind failed logins, it blocks only those that guess themselves. It responds to every finding, not only when the alert opens,
 * because an attack adds addresses and outlasts a block. A response is a message to the service itself: stored with the alert,
 * executed after the commit, and retried until it succeeds.
 */
@Injectable()
export class BlockAddressChannel implements DeliveryChannel {
  readonly name = 'block_address';
  readonly standsAlone = false;

  constructor(
    private readonly environment: Environment,
    private readonly alerts: AlertsRepository,
    private readonly blocks: AddressBlocks,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  wants({ alert, finding }: AlertChange): boolean {
    const { addresses = finding.evidence.addresses ?? [] } = finding;
    return this.environment.RESPOND_BLOCK_ADDRESS.includes(alert.rule) && addresses.length > 0;
  }

  /** Includes every address to block, whereas notifications list only a few. */
  bodyOf({ alert, finding }: AlertChange): AlertBody {
    const { addresses = finding.evidence.addresses } = finding;
    return { ...alertBody(alert), evidence: { ...finding.evidence, ...(addresses && { addresses }) } };
  }

  async deliver({ deliveryId, alert: { id: alertId, rule, evidence } }: Message): Promise<void> {
    const seconds = this.environment.RESPOND_BLOCK_SECONDS;
    const origin = internalOrigin(deliveryId);
    await this.transactions.run(async (tx) => {
      // Locks the alert, so that nothing is blocked if it has been resolved in the meantime.
      const alert = await this.alerts.lock(tx, alertId);
      if (!alert || alert.state === 'resolved') return;
      const block = { alertId, reason: rule, seconds };
      for (const address of await this.blocks.block(evidence.addresses ?? [], block, tx)) {
        await this.audit.record(tx, {
          type: 'address_blocked',
          outcome: 'success',
          reason: 'response_to_alert',
          origin,
          details: { address, seconds, rule, alertId },
        });
      }
    });
  }
}
