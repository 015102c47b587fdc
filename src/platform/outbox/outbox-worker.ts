import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { RepeatingTask } from '../clock/repeating-task.js';
import { Randomness } from '../crypto/randomness.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { ChannelWorker, type WorkerParts } from './channel-worker.js';
import { Outbox } from './outbox.js';
import { OutboxRepository } from './outbox.repository.js';

const PAUSE_MS = 1_000;

/**
 * Runs one worker per channel, so that a slow receiver does not delay other channels. One query a second asks which
 * channels have due messages, such as those of other instances and those to retry, and wakes their workers. A commit of
 * this process wakes them at once.
 */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly parts: WorkerParts;
  private readonly workers = new Map<string, ChannelWorker>();
  private readonly looking = new RepeatingTask('Outbox', () => this.wakeDue(), { pauseMs: PAUSE_MS });

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
    this.looking.startWithPause();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.looking, ...this.workers.values()].map((part) => part.stop()));
  }

  private async wakeDue(): Promise<void> {
    const names = this.outbox.channels.map(({ name }) => name);
    for (const name of await this.parts.messages.dueChannels(names)) this.workers.get(name)?.wake();
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
