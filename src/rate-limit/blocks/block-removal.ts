import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { BlockKey } from './address-blocks.repository.js';
import { AddressBlocks } from './address-blocks.js';

/** Removes blocks before they expire, and records who requested each removal. */
@Injectable()
export class BlockRemoval {
  constructor(
    private readonly blocks: AddressBlocks,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Removes the blocks of one alert, in the transaction that closes the alert. */
  async ofAlert(tx: Transaction, alertId: string, by: string | null, origin: Origin): Promise<void> {
    await this.lift(tx, { alertId }, by, origin);
  }

  /** Removes every block of a network for an operator; returns whether there was one. */
  async ofNetwork(network: string, origin: Origin): Promise<boolean> {
    return this.transactions.run((tx) => this.lift(tx, { network }, null, origin));
  }

  private async lift(
    tx: Transaction,
    which: Partial<BlockKey>,
    userId: string | null,
    origin: Origin,
  ): Promise<boolean> {
    const lifted = await this.blocks.lift(which, tx);
    for (const { network: address, alertId } of lifted) {
      await this.audit.record(tx, {
        type: 'address_unblocked',
        outcome: 'success',
        userId,
        origin,
        details: { address, alertId },
      });
    }
    return lifted.length > 0;
  }
}
