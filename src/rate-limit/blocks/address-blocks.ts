import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Clock } from '../../platform/clock/clock.js';
import { afterCommit, type Transaction } from '../../platform/database/transaction-runner.js';
import type { AddressBlock } from './address-block.entity.js';
import { AddressBlocksRepository, type BlockKey, type BlockReason } from './address-blocks.repository.js';

/** How old this process's copy may be, milliseconds. */
const REFRESH_MS = 1000;

/**
 * Addresses that are refused for a time, as a response to an alert. PostgreSQL holds them; every process asks its
 * own copy, at most a second old, so that a refusal costs no I/O. While PostgreSQL is away the copy stays in force.
 */
@Injectable()
export class AddressBlocks implements OnModuleInit, OnModuleDestroy {
  private readonly task = new RepeatingTask(AddressBlocks.name, () => this.refresh(), {
    pauseMs: REFRESH_MS,
  });
  private until = new Map<string, number>();

  constructor(
    private readonly repository: AddressBlocksRepository,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refreshIfPossible();
    this.task.startDelayed();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Whole seconds for which a network is still refused; 0 when it is not. */
  secondsLeft(network: string): number {
    const until = this.until.get(network);
    return until === undefined ? 0 : Math.max(0, Math.ceil((until - this.clock.nowMs()) / 1000));
  }

  /**
   * Refuses networks from the commit on: here at once, elsewhere within a second. A block of the same alert that still
   * stands is left as it is; answers the networks of which there was none.
   */
  async block(networks: readonly string[], reason: BlockReason, tx: Transaction): Promise<string[]> {
    await this.repository.deleteExpired(tx);
    const blocked = await this.repository.insert(tx, networks, reason);
    if (blocked.length > 0) afterCommit(tx, () => void this.refreshIfPossible());
    return blocked;
  }

  /** Ends the blocks of a network, of an alert, or of both; answers those that stood. */
  async lift(which: Partial<BlockKey>, tx: Transaction): Promise<BlockKey[]> {
    const lifted = await this.repository.delete(tx, which);
    if (lifted.length > 0) afterCommit(tx, () => void this.refreshIfPossible());
    return lifted;
  }

  /** The blocks in force, those that end first in front. */
  list(): Promise<AddressBlock[]> {
    return this.repository.findAll();
  }

  private async refresh(): Promise<void> {
    const nowMs = this.clock.nowMs();
    const remaining = await this.repository.findRemaining();
    this.until = new Map(remaining.map(({ network, remainingMs }) => [network, nowMs + remainingMs]));
  }

  /** The task tries again, and says so. */
  private async refreshIfPossible(): Promise<void> {
    await this.refresh().catch(() => undefined);
  }
}
