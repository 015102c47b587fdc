import { Logger } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type StatementMessage, STATEMENTS } from '../../../src/platform/database/statement-channel.js';
import type { OutboxDelivery, Priority } from '../../../src/platform/outbox/outbox-channel.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { OutboxRepository } from '../../../src/platform/outbox/outbox.repository.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { outboxDataSource, startOutbox, type TestOutbox } from '../../support/stores/test-outbox.js';
import { eventually } from '../../support/time/eventually.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const CHANNELS = ['mail', 'pager', 'sms', 'webhook'];

describe('The background loop of the outbox', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  let clock: ManualClock;
  /** The instance under test, whose loop runs. */
  let one: TestOutbox;
  /** An instance whose loop does not run, so that it only writes. */
  let other: TestOutbox;
  let behaviour: (channel: string) => Promise<void>;
  let delivered: (OutboxDelivery & { channel: string })[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
    dataSource = await outboxDataSource(database);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(() => {
    clock = new ManualClock();
    delivered = [];
    behaviour = async () => undefined;
    one = instance();
    other = instance();
  });
  afterEach(async () => {
    await one.workers.onModuleDestroy();
    await dataSource.query('DELETE FROM outbox_messages');
  });

  function instance(): TestOutbox {
    const made = startOutbox(dataSource, clock);
    for (const channel of CHANNELS)
      made.outbox.register({
        name: channel,
        sealed: false,
        deliver: (delivery) => {
          delivered.push({ ...delivery, channel });
          return behaviour(channel);
        },
      });
    return made;
  }

  const send = (from: TestOutbox, channels: readonly string[], priority: Priority = 'normal') =>
    from.transactions.run((tx) =>
      from.outbox.enqueue(
        tx,
        channels.map((channel) => ({ channel, subject: 'user:1', payload: null, priority })),
      ),
    );

  const deliveredTo = () => [...new Set(delivered.map(({ channel }) => channel))].sort();

  /** The statements of this test on the outbox from now on. */
  function statements(): string[] {
    const texts: string[] = [];
    const note = (message: unknown) => {
      const { text } = message as StatementMessage;
      if (text.includes('outbox_messages')) texts.push(text);
    };
    subscribe(`tracing:${STATEMENTS}:start`, note);
    onTestFinished(() => void unsubscribe(`tracing:${STATEMENTS}:start`, note));
    return texts;
  }

  it('runs one statement per round when nothing is due, however many channels there are', async () => {
    await send(other, CHANNELS);
    await dataSource.query(`UPDATE outbox_messages SET next_attempt_at = $1`, [
      new Date(clock.nowMs() + 60_000),
    ]);
    const seen = statements();
    one.workers.onApplicationBootstrap();
    // The first round is a second after the start.
    await eventually(() => expect(seen).not.toHaveLength(0));
    await one.workers.onModuleDestroy();
    expect(seen).toHaveLength(1);
  });

  it('claims only for the channels that have due messages', async () => {
    await send(other, ['webhook']);
    const claims: string[] = [];
    const claim = one.messages.claim.bind(one.messages);
    one.messages.claim = (request) => {
      claims.push(request.channel);
      return claim(request);
    };
    one.workers.onApplicationBootstrap();
    await eventually(() => expect(delivered).toHaveLength(1));
    await one.workers.onModuleDestroy();
    expect(claims).toEqual(['webhook']);
  });

  it.each(['critical', 'normal', 'low'] as const)(
    'sends the due messages of every channel that another instance wrote, with priority %s',
    async (priority) => {
      one.workers.onApplicationBootstrap();
      await send(other, CHANNELS, priority);
      await eventually(() => expect(deliveredTo()).toEqual(CHANNELS));
    },
  );

  it('retries a message once its pause is over', async () => {
    let attempts = 0;
    behaviour = async () => {
      if (++attempts === 1) throw new Error('try again');
    };
    one.workers.onApplicationBootstrap();
    await send(one, ['mail']);
    const rows = () => dataSource.getRepository(OutboxMessage).find();
    await eventually(async () => expect(await rows()).toMatchObject([{ lastError: 'try again' }]));
    clock.advance(1_200);
    await eventually(async () => expect(await rows()).toMatchObject([{ state: 'delivered' }]));
    expect(attempts).toBe(2);
  });

  it('is not delayed by a channel whose receiver hangs', async () => {
    const { promise: receiver, resolve: answer } = Promise.withResolvers<void>();
    behaviour = async (channel) => (channel === 'webhook' ? receiver : undefined);
    await send(other, Array<string>(30).fill('webhook'));
    one.workers.onApplicationBootstrap();
    await eventually(() => expect(delivered).toHaveLength(10));
    await send(other, ['mail', 'pager', 'sms']);
    await eventually(() => expect(deliveredTo()).toEqual(CHANNELS));
    answer();
    await eventually(() => expect(delivered).toHaveLength(33));
  });

  it('is not delayed by a channel whose claim hangs or fails', async () => {
    const { promise: database, resolve: answer } = Promise.withResolvers<void>();
    const claim = one.messages.claim.bind(one.messages);
    one.messages.claim = async (request) => {
      if (request.channel === 'mail') await database;
      if (request.channel === 'webhook') throw new Error('a deadlock');
      return claim(request);
    };
    await send(other, ['mail', 'webhook', 'pager']);
    one.workers.onApplicationBootstrap();
    await eventually(() => expect(deliveredTo()).toEqual(['pager']));
    one.messages.claim = claim;
    await eventually(() => expect(deliveredTo()).toEqual(['pager', 'webhook']));
    answer();
    await eventually(() => expect(deliveredTo()).toEqual(['mail', 'pager', 'webhook']));
  });

  it('sends what this process commits even while it is unknown which channels are due', async () => {
    const { promise, resolve: answer } = Promise.withResolvers<string[]>();
    one.messages.dueChannels = () => promise;
    one.workers.onApplicationBootstrap();
    await send(one, ['mail']);
    await eventually(() => expect(deliveredTo()).toEqual(['mail']));
    answer([]);
  });

  it('sends more than it may attempt at a time without waiting for the next round', async () => {
    let rounds = 0;
    const dueChannels = one.messages.dueChannels.bind(one.messages);
    one.messages.dueChannels = (...parameters) => {
      rounds += 1;
      return rounds === 1 ? dueChannels(...parameters) : Promise.resolve([]);
    };
    await send(other, Array<string>(50).fill('mail'));
    one.workers.onApplicationBootstrap();
    await eventually(() => expect(delivered).toHaveLength(50));
  });

  it('delivers with two statements, the claim and the outcome', async () => {
    one.workers.onApplicationBootstrap();
    const seen = statements();
    await send(one, ['mail']);
    await eventually(() => expect(delivered).toHaveLength(1));
    await one.workers.onModuleDestroy();
    expect(await dataSource.query('SELECT state FROM outbox_messages')).toEqual([{ state: 'delivered' }]);
    expect(seen.filter((text) => /^(UPDATE|SELECT "message")/.test(text))).toHaveLength(2);
  });

  it('claims nothing after it was stopped', async () => {
    one.workers.onApplicationBootstrap();
    await one.workers.onModuleDestroy();
    const claims = vi.spyOn(OutboxRepository.prototype, 'claim');
    onTestFinished(() => claims.mockRestore());
    await send(one, ['mail']);
    await send(other, ['mail']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(claims).not.toHaveBeenCalled();
    expect(await dataSource.query('SELECT DISTINCT attempts FROM outbox_messages')).toEqual([
      { attempts: 0 },
    ]);
  });

  it('finds due channels by one index entry per channel and priority, although the statistics are of a backlog', async () => {
    const backlog = `INSERT INTO outbox_messages
        (id, channel, subject, priority, state, attempts, next_attempt_at, created_at)
      SELECT gen_random_uuid(), 'mail', 'user:1', 1, 'pending', 0, $1, $1 FROM generate_series(1, 5000)`;
    await asSuperuser(database, backlog, [clock.now()]);
    await asSuperuser(database, 'ANALYZE outbox_messages');
    await asSuperuser(database, `UPDATE outbox_messages SET state = 'delivered'`);
    await send(other, ['pager']);
    clock.advance(1000);
    await dataSource.transaction(async (tx) => {
      // Counts of earlier transactions of the connection are included until it reports them.
      const readSoFar = async () => {
        const [{ whole, fetched }] = await tx.query<[{ whole: number; fetched: number }]>(
          `SELECT seq_scan::int AS whole, idx_tup_fetch::int AS fetched
           FROM pg_stat_xact_user_tables WHERE relname = 'outbox_messages'`,
        );
        return { whole, fetched };
      };
      const before = await readSoFar();
      const repository = new OutboxRepository(tx.getRepository(OutboxMessage), clock);
      const due = await repository.dueChannels(CHANNELS);
      const after = await readSoFar();
      expect(due).toEqual(['pager']);
      expect([after.whole - before.whole, after.fetched - before.fetched]).toEqual([0, 1]);
    });
  });
});
