import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Environment } from '../../platform/config/environment.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { type Origin, internalOrigin } from '../../platform/http/origin.js';
import { AddressBlocks } from '../../rate-limit/blocks/address-blocks.js';
import type { AlertChange } from '../alerts/alert-change.js';
import type { Alert } from '../alerts/alert.entity.js';
import { type DeliveryChannel, type Message, isAnnounced } from '../delivery/delivery-channel.js';

/**
 * Answers alerts of the rules in `RESPOND_BLOCK_ADDRESS` by refusing the addresses in their evidence for a time. A
 * response is a delivery to ourselves: written down with the alert, done once it commits, repeated until it is.
 */
@Injectable()
export class BlockAddressChannel implements DeliveryChannel {
  readonly name = 'block_address';
  readonly standsAlone = false;

  constructor(
    private readonly environment: Environment,
    private readonly blocks: AddressBlocks,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  wants(change: AlertChange): boolean {
    return this.environment.RESPOND_BLOCK_ADDRESS.includes(change.alert.rule) && isAnnounced(change);
  }

  async deliver({ deliveryId, alert: { rule, evidence } }: Message): Promise<void> {
    const seconds = this.environment.RESPOND_BLOCK_SECONDS;
    const origin = internalOrigin(deliveryId);
    await this.transactions.run(async (tx) => {
      for (const address of evidence.addresses ?? []) {
        await this.blocks.block(address, seconds, rule, tx);
        await this.audit.record(tx, {
          type: 'address_blocked',
          outcome: 'success',
          reason: 'response_to_alert',
          origin,
          details: { address, seconds, rule },
        });
      }
    });
  }

  /** Lets the addresses in again whose alert somebody has closed, in the transaction that closes it. */
  async lift(tx: Transaction, { rule, evidence }: Alert, by: string, origin: Origin): Promise<void> {
    if (!this.environment.RESPOND_BLOCK_ADDRESS.includes(rule)) return;
    for (const address of evidence.addresses ?? []) {
      if (!(await this.blocks.unblock(address, tx))) continue;
      await this.audit.record(tx, {
        type: 'address_unblocked',
        outcome: 'success',
        userId: by,
        origin,
        details: { address },
      });
    }
  }
}
