import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Randomness } from '../crypto/randomness.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { ChannelWorker, type WorkerParts } from './channel-worker.js';
import { Outbox } from './outbox.js';
import { OutboxRepository } from './outbox.repository.js';

/** Runs one worker per channel, so that a slow receiver does not delay other channels. */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly parts: WorkerParts;
  private readonly workers = new Map<string, ChannelWorker>();

  constructor(
    private readonly outbox: Outbox,
    messages: OutboxRepository,
    transactions: TransactionRunner,
    clock: Clock,
    randomness: Randomness,
  ) {
    this.parts = { outbox, messages, transactions, clock, randomness };
  }

  onApplicationBootstrap(): void {
    this.outbox.enqueued.subscribe((channel) => this.workers.get(channel)?.wake());
    for (const { name } of this.outbox.channels) this.workerOf(name).start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  /** Returns the worker of a channel. Throws if there is no such channel. */
  workerOf(name: string): ChannelWorker {
    const known = this.workers.get(name);
    if (known) return known;
    const channel = this.outbox.channels.find((one) => one.name === name);
    if (!channel) throw new Error(`The outbox has no channel ${name}.`);
    const worker = new ChannelWorker(channel, this.parts);
    this.workers.set(name, worker);
    return worker;
  }
}
