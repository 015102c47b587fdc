import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Clock } from '../../platform/clock/clock.js';
import { afterCommit, type Transaction } from '../../platform/database/transaction-runner.js';
import type { AddressBlock } from './address-block.entity.js';
import { AddressBlocksRepository, type BlockKey, type BlockReason } from './address-blocks.repository.js';

/** Maximum age of this process's cache, milliseconds. */
const REFRESH_MS = 1000;

/**
 * Addresses that are blocked temporarily in response to an alert. PostgreSQL stores them; each process checks its own
 * cache, at most one second old, so the check costs no I/O. The cache stays in force while PostgreSQL is unavailable.
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
    this.task.startWithPause();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Returns the whole seconds for which a network is still blocked; 0 if it is not blocked. */
  secondsLeft(network: string): number {
    const until = this.until.get(network);
    return until === undefined ? 0 : Math.max(0, Math.ceil((until - this.clock.nowMs()) / 1000));
  }

  /**
   * Blocks networks from the commit on: in this process at once, in others within a second. A block of the same alert
   * that is still in force is left unchanged. Returns the networks that this alert did not block before.
   */
  async block(networks: readonly string[], reason: BlockReason, tx: Transaction): Promise<string[]> {
    await this.repository.deleteExpired(tx);
    const blocked = await this.repository.insert(tx, networks, reason);
    if (blocked.length > 0) afterCommit(tx, () => void this.refreshIfPossible());
    return blocked;
  }

  /** Ends the blocks of a network, of an alert, or of both; returns those that were in force. */
  async lift(which: Partial<BlockKey>, tx: Transaction): Promise<BlockKey[]> {
    const lifted = await this.repository.delete(tx, which);
    if (lifted.length > 0) afterCommit(tx, () => void this.refreshIfPossible());
    return lifted;
  }

  /** Returns the blocks in force, ordered by expiry. */
  list(): Promise<AddressBlock[]> {
    return this.repository.findAll();
  }

  private async refresh(): Promise<void> {
    const nowMs = this.clock.nowMs();
    const remaining = await this.repository.findRemaining();
    this.until = new Map(remaining.map(({ network, remainingMs }) => [network, nowMs + remainingMs]));
  }

  /** Ignores a failure: the repeating task retries and logs it. */
  private async refreshIfPossible(): Promise<void> {
    await this.refresh().catch(() => undefined);
  }
}
