import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Actor } from '../../platform/http/origin.js';
import { ErasuresRepository } from './erasures.repository.js';

const HOUR_MS = 3_600_000;

/** Requests erasures, which the background task carries out. */
@Injectable()
export class Erasures {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /**
   * Requests, in the transaction that deletes a person's account, that their data be erased: within 20 s, or
   * `ERASURE_DELAY_HOURS` later. `actor` is whoever deleted the account, if it was not its owner.
   */
  async request(tx: Transaction, userId: string, actor: Actor | null): Promise<void> {
    const deletedAt = this.clock.now();
    const dueAt = new Date(deletedAt.getTime() + this.environment.ERASURE_DELAY_HOURS * HOUR_MS);
    await this.erasures.insert(tx, { userId, deletedAt, dueAt, actor: actor && withoutReason(actor) });
  }
}

/** The reason is free text, and may be about the person. */
function withoutReason({ auditReason: _auditReason, ...actor }: Actor): Actor {
  return actor;
}
