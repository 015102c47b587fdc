import { Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock/clock.js';
import { RepeatingTask } from '../clock/repeating-task.js';
import type { Randomness } from '../crypto/randomness.js';
import { storableText } from '../database/storable-text.js';
import type { TransactionRunner } from '../database/transaction-runner.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { isProblem } from '../errors/problem.js';
import { GIVE_UP_AFTER_MS, backoffMs } from './backoff.js';
import { type OutboxChannel, PRIORITIES, PermanentFailure } from './outbox-channel.js';
import type { OutboxMessage } from './outbox-message.entity.js';
import type { Outbox } from './outbox.js';
import type { OutboxRepository } from './outbox.repository.js';

/** The pause before an outcome is recorded again. */
const RECORD_PAUSE_MS = 1_000;
/**
 * If an instance dies, its messages are taken over when their leases end: within 60 s, including the pause and a
 * restart.
 */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** Concurrent attempts, so that a receiver that hangs does not delay the other messages. */
const PARALLEL = 12;
/** How many of these are reserved for critical messages. */
const RESERVED = 2;
const ERROR_LENGTH = 500;
/** How long a shutdown waits for running attempts before it aborts them. */
const GRACE_MS = 5_000;

/** Dependencies shared by the workers of all channels. */
export interface WorkerParts {
  readonly outbox: Outbox;
  readonly messages: OutboxRepository;
  readonly transactions: TransactionRunner;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Sends the messages of one channel whenever it is woken. Any number of instances may run it: each message is held by
 * one worker at a time, and its lease is renewed for as long as the attempt lasts.
 */
export class ChannelWorker {
  private readonly logger = new Logger('Outbox');
  private readonly sending: RepeatingTask;
  private readonly renewing: RepeatingTask;
  private readonly aborting = new AbortController();
  private readonly underWay = new Map<OutboxMessage, Promise<void>>();
  /** Whether the last claim may have left due messages for want of capacity. */
  private isBehind = false;

  constructor(
    private readonly channel: OutboxChannel,
    private readonly parts: WorkerParts,
  ) {
    this.sending = new RepeatingTask(`Outbox ${channel.name}`, () => this.step(), { pauseMs: null });
    this.renewing = new RepeatingTask(`Outbox leases ${channel.name}`, () => this.renew(), {
      pauseMs: RENEW_MS,
    });
  }

  start(): void {
    this.sending.startWithPause();
    this.renewing.startWithPause();
  }

  /** Claims what is due now, or after the claim that is under way. */
  wake(): void {
    this.sending.wake();
  }

  /** Aborts running attempts after a grace period of 5 s. They count as failed and are retried. */
  async stop(): Promise<void> {
    await this.sending.stop();
    const ended = new AbortController();
    const all = Promise.all(this.underWay.values()).then(() => ended.abort());
    await Promise.race([all, wait(GRACE_MS, undefined, { signal: ended.signal }).catch(() => undefined)]);
    this.aborting.abort();
    await all;
    await this.renewing.stop();
  }

  /** Starts as many due attempts as capacity allows. Returns whether more may be due. */
  async step(): Promise<boolean> {
    const free = PARALLEL - this.underWay.size;
    const forAll = free - RESERVED;
    this.isBehind = forAll <= 0;
    if (free <= 0) return false;
    const limit = forAll > 0 ? forAll : free;
    const claimed = await this.parts.messages.claim({
      channel: this.channel.name,
      leastPriority: forAll > 0 ? PRIORITIES.length - 1 : 0,
      underWay: [...this.underWay.keys()].map(({ id }) => id),
      leaseMs: LEASE_MS,
      limit,
    });
    for (const message of claimed) this.begin(message);
    const isFull = claimed.length === limit;
    this.isBehind ||= isFull;
    return isFull;
  }

  /** Takes a step and waits for the attempts to finish; for tests. Returns whether more may be due. */
  async drain(): Promise<boolean> {
    const more = await this.step();
    await Promise.all(this.underWay.values());
    return more;
  }

  /** Extends the leases of the messages being attempted. */
  async renew(): Promise<void> {
    if (this.underWay.size === 0) return;
    await this.parts.messages.renew([...this.underWay.keys()], LEASE_MS);
  }

  private begin(message: OutboxMessage): void {
    const attempt = this.attempt(message)
      .catch((error: unknown) =>
        this.logger.warn({ messageId: message.id, err: error }, 'Attempt not recorded'),
      )
      .finally(() => {
        this.underWay.delete(message);
        if (this.isBehind) this.wake();
      });
    this.underWay.set(message, attempt);
  }

  private async attempt(message: OutboxMessage): Promise<void> {
    const { id, subject, lastError } = message;
    let state: 'delivered' | 'suppressed';
    try {
      const payload = this.parts.outbox.payloadOf(message);
      const { signal } = this.aborting;
      state = (await this.channel.deliver({ id, subject, payload, lastError, signal })) ?? 'delivered';
    } catch (error) {
      // The message may contain the reply of a server.
      const text = storableText(error instanceof Error ? error.message : String(error), ERROR_LENGTH);
      return this.persistently(() => this.fail(message, text, error instanceof PermanentFailure));
    }
    await this.persistently(() => this.end(message, state));
  }

  /**
   * Retries while PostgreSQL is unavailable: a delivered message must not be sent again because recording it failed.
   * Throws any other error, after which the message is attempted again when its lease ends.
   */
  private async persistently(record: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await record();
      } catch (error) {
        if (this.aborting.signal.aborted || !isUnavailable(error)) throw error;
        await wait(RECORD_PAUSE_MS, undefined, { signal: this.aborting.signal }).catch(() => undefined);
      }
    }
  }

  private async end(message: OutboxMessage, state: 'delivered' | 'suppressed'): Promise<void> {
    if (await this.parts.messages.end(message, state, null))
      this.parts.outbox.report({ channel: message.channel, outcome: state });
  }

  /** Returns whether it abandoned the message; another worker may have it. */
  private async abandon(message: OutboxMessage, error: string): Promise<boolean> {
    const { id: messageId, channel } = message;
    const abandoned = await this.endDead(message, error, true).catch((failure: unknown) => {
      if (isUnavailable(failure)) throw failure;
      this.logger.error({ messageId, channel, err: failure }, 'Dead letter not announced');
      return this.endDead(message, error, false);
    });
    if (abandoned) this.parts.outbox.report({ channel, outcome: 'dead' });
    return abandoned;
  }

  private async endDead(message: OutboxMessage, error: string, isAnnounced: boolean): Promise<boolean> {
    const { id, channel, subject } = message;
    return this.parts.transactions.run(async (tx) => {
      const isOurs = await this.parts.messages.end(message, 'dead', error, tx);
      if (isOurs && isAnnounced) await this.parts.outbox.announceDead(tx, { id, channel, subject, error });
      return isOurs;
    });
  }

  private async fail(message: OutboxMessage, error: string, isPermanent: boolean): Promise<void> {
    const { id: messageId, channel, attempts, createdAt } = message;
    const random = this.parts.randomness.bytes(1).readUInt8() / 255;
    const pauseMs = backoffMs(attempts, random);
    const ageMs = this.parts.clock.nowMs() - createdAt.getTime();
    const line = { messageId, channel, attempts, error };
    if (isPermanent || ageMs + pauseMs > GIVE_UP_AFTER_MS) {
      if (await this.abandon(message, error)) this.logger.error(line, 'Message abandoned');
      return;
    }
    if (!(await this.parts.messages.postpone(message, pauseMs, error))) return;
    this.parts.outbox.report({ channel, outcome: 'failed' });
    if (attempts === 1) this.logger.warn(line, 'Message not delivered; will be retried');
  }
}

function isUnavailable(error: unknown): boolean {
  return isProblem(error, PlatformErrors.dependency_unavailable);
}
