import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AlertDispatch } from '../alerts/alert-dispatch.js';
import { FormerDeliveriesRepository } from './former-deliveries.repository.js';

const PAUSE_MS = 5_000;
const BATCH = 500;

/**
 * Takes over pending deliveries from instances of the previous version, during and after an upgrade, from their table
 * `monitoring_delivery`. Ids are kept, so that a receiver recognises a message whose delivery was already attempted.
 */
@Injectable()
export class FormerDeliveries {
  constructor(
    private readonly former: FormerDeliveriesRepository,
    private readonly dispatch: AlertDispatch,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Moves a batch to the outbox. Returns whether more may be waiting. */
  @InBackground({ pauseMs: PAUSE_MS })
  async step(): Promise<boolean> {
    // They are rare after the upgrade, and an empty transaction costs three statements.
    if (!(await this.former.areDue(this.clock.now()))) return false;
    return this.transactions.run(async (tx) => {
      const taken = await this.former.take(tx, this.clock.now(), BATCH);
      await this.dispatch.adopt(tx, taken);
      return taken.length === BATCH;
    });
  }
}
