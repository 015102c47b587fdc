import { Logger } from '@nestjs/common';
import { type DataSource, QueryFailedError } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../src/platform/clock/clock.js';
import { PlatformErrors } from '../../../src/platform/errors/platform.errors.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import {
  type DeadLetter,
  type NewMessage,
  type OutboxChannel,
  type OutboxDelivery,
  PermanentFailure,
  SUPPRESSED,
} from '../../../src/platform/outbox/outbox-channel.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { WrongClock } from '../../support/time/wrong-clock.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { outboxDataSource, startOutbox, type TestOutbox } from '../../support/stores/test-outbox.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { eventually } from '../../support/time/eventually.js';

const SECRET = 'https://example.org/reset#token=a-secret-of-the-mail';

/** An instance with its own pool, its own outbox, and the deliveries received by its channels. */
interface Instance extends TestOutbox {
  readonly dataSource: DataSource;
  readonly delivered: OutboxDelivery[];
  send(...messages: Partial<NewMessage>[]): Promise<void>;
  drain(channel?: string): Promise<void>;
}

describe('The outbox', () => {
  let database: FreshDatabase;
  let clock: ManualClock;
  let behaviour: OutboxChannel['deliver'];
  let one: Instance;
  let other: Instance;
  let sources: DataSource[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
    sources = await Promise.all([0, 1].map(() => outboxDataSource(database)));
  });
  afterAll(async () => {
    await Promise.all(sources.map((source) => source.destroy()));
    await database.drop();
  });
  beforeEach(() => {
    clock = new ManualClock();
    behaviour = async () => undefined;
    [one, other] = sources.map((source) => instance(source)) as [Instance, Instance];
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await one.dataSource.query('DELETE FROM outbox_messages');
  });

  function instance(dataSource: DataSource, itsClock: Clock = clock): Instance {
    const made = startOutbox(dataSource, itsClock);
    const delivered: OutboxDelivery[] = [];
    for (const [name, sealed] of [
      ['open', false],
      ['sealed', true],
    ] as const)
      made.outbox.register({
        name,
        sealed,
        deliver: (delivery) => {
          delivered.push(delivery);
          return behaviour(delivery);
        },
      });
    return {
      ...made,
      dataSource,
      delivered,
      send: (...messages) =>
        made.transactions.run((tx) =>
          made.outbox.enqueue(
            tx,
            messages.map((message) => ({
              channel: 'open',
              subject: 'user:1',
              payload: { said: 'something' },
              priority: 'normal',
              ...message,
            })),
          ),
        ),
      drain: async (channel = 'open') => {
        while (await made.workers.workerOf(channel).drain());
      },
    };
  }

  const rows = () => one.dataSource.getRepository(OutboxMessage).find({ order: { id: 'ASC' } });
  const dump = () =>
    one.dataSource
      .query<{ row: string }[]>('SELECT m::text AS row FROM outbox_messages m')
      .then((all) => all.map(({ row }) => row).join('\n'));

  it('sends committed messages, under the id of the row', async () => {
    await one.send({});
    const [row] = await rows();
    await one.drain();
    expect(one.delivered).toMatchObject([{ id: row!.id, subject: 'user:1', payload: { said: 'something' } }]);
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 1, payload: null, lastError: null }]);
  });

  it('sends no messages of a transaction that rolls back', async () => {
    const failure = new Error('after enqueuing');
    const attempt = one.transactions.run(async (tx) => {
      await one.outbox.enqueue(tx, [{ channel: 'open', subject: 'user:1', payload: {}, priority: 'normal' }]);
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    await one.drain();
    expect(one.delivered).toEqual([]);
  });

  it('rejects an unregistered channel, and a second one of the same name', async () => {
    await expect(one.send({ channel: 'nowhere' })).rejects.toThrow('nowhere');
    expect(() => one.outbox.register({ name: 'open', sealed: false, deliver: async () => {} })).toThrow(
      'open',
    );
  });

  it('is sent by another instance if the one that wrote it dies after the commit', async () => {
    await one.send({});
    await other.drain();
    expect(other.delivered).toHaveLength(1);
  });

  it('takes over, within 60 s and under the same id, from a worker that dies in the middle of an attempt', async () => {
    behaviour = () => new Promise(() => {});
    await one.send({});
    await one.workers.workerOf('open').step();
    behaviour = async () => undefined;
    for (let second = 0; second < 59 && other.delivered.length === 0; second++) {
      clock.advance(1000);
      await other.drain();
    }
    expect(other.delivered.map(({ id }) => id)).toEqual(one.delivered.map(({ id }) => id));
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  it('does not take over an attempt that takes minutes', async () => {
    let finish = () => {};
    behaviour = () => new Promise<void>((resolve) => (finish = resolve));
    await one.send({});
    const worker = one.workers.workerOf('open');
    await worker.step();
    for (let tenSeconds = 0; tenSeconds < 60; tenSeconds++) {
      clock.advance(10_000);
      await worker.renew();
      await other.drain();
    }
    finish();
    await eventually(async () => expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
    expect(other.delivered).toEqual([]);
  });

  it('prevents changes by a worker that has lost its lease', async () => {
    let fail: (error: Error) => void = () => {};
    behaviour = () => new Promise<void>((_, reject) => (fail = reject));
    await one.send({});
    await one.workers.workerOf('open').step();
    clock.advance(31_000);
    behaviour = async () => undefined;
    await other.drain();
    const letters: DeadLetter[] = [];
    one.outbox.onDeadLetter(async (_, letter) => void letters.push(letter));
    const logged = vi.spyOn(Logger.prototype, 'error');
    onTestFinished(() => logged.mockRestore());
    fail(new PermanentFailure('too late'));
    await one.workers.workerOf('open').drain();
    expect(logged).not.toHaveBeenCalled();
    expect(await rows()).toMatchObject([{ state: 'delivered', lastError: null }]);
    expect(letters).toEqual([]);
  });

  it('is not sent again by its own worker, whose lease ended while PostgreSQL was unavailable', async () => {
    let finish = () => {};
    behaviour = () => new Promise<void>((resolve) => (finish = resolve));
    await one.send({});
    const worker = one.workers.workerOf('open');
    await worker.step();
    clock.advance(31_000);
    await worker.step();
    finish();
    await eventually(async () => expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
    expect(one.delivered).toHaveLength(1);
  });

  it.each([-3_600_000, 3_600_000])(
    'is sent once, and without delay, although the clock of an instance is wrong by %i ms',
    async (offMs) => {
      const wrong = instance(sources[1]!, new WrongClock(clock, offMs));
      const finish: (() => void)[] = [];
      behaviour = () => new Promise<void>((resolve) => finish.push(resolve));
      await one.send({ subject: 'user:1' });
      await one.workers.workerOf('open').step();
      await wrong.workers.workerOf('open').step();
      await wrong.send({ subject: 'user:2' });
      await wrong.workers.workerOf('open').step();
      await one.workers.workerOf('open').step();
      expect([one, wrong].map(({ delivered }) => delivered.map(({ subject }) => subject))).toEqual([
        ['user:1'],
        ['user:2'],
      ]);
      for (const end of finish) end();
      await eventually(async () =>
        expect((await rows()).map(({ state }) => state)).toEqual(['delivered', 'delivered']),
      );
    },
  );

  it('gives each message to one of two workers', async () => {
    await one.send(...Array.from({ length: 100 }, () => ({})));
    await Promise.all([one.drain(), other.drain(), one.drain(), other.drain()]);
    const ids = [...one.delivered, ...other.delivered].map(({ id }) => id);
    expect(ids).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
  });

  it('sends critical messages first, even while all others hang', async () => {
    behaviour = ({ payload }) => (payload === 'hangs' ? new Promise(() => {}) : Promise.resolve());
    await one.send(...Array.from({ length: 30 }, () => ({ payload: 'hangs', priority: 'low' as const })));
    const worker = one.workers.workerOf('open');
    while (await worker.step());
    await one.send({ payload: 'urgent', priority: 'critical' });
    await worker.step();
    expect(one.delivered.at(-1)!.payload).toBe('urgent');
    expect(one.delivered.filter(({ payload }) => payload === 'hangs')).toHaveLength(10);
    await one.send({ payload: 'next', priority: 'normal' }, { payload: 'first', priority: 'critical' });
    await other.workers.workerOf('open').step();
    expect(other.delivered.slice(0, 3).map(({ payload }) => payload)).toEqual(['first', 'next', 'hangs']);
  });

  it('claims no more than its limit, whatever the plan', async () => {
    await one.send({});
    await one.drain();
    // A table of one row by its statistics is joined in a nested loop.
    await asSuperuser(database, 'VACUUM ANALYZE outbox_messages');
    behaviour = () => new Promise(() => {});
    await one.send(...Array.from({ length: 20 }, () => ({ payload: 'hangs' })));
    await one.workers.workerOf('open').step();
    expect(one.delivered.filter(({ payload }) => payload === 'hangs')).toHaveLength(10);
  });

  it('encrypts the payload of a sealed channel while it is pending, and erases it once it is sent', async () => {
    await one.send({ channel: 'sealed', payload: { link: SECRET } });
    expect(await dump()).not.toContain('token');
    expect(await dump()).not.toContain(Buffer.from('a-secret-of-the-mail').toString('hex'));
    await other.drain('sealed');
    expect(other.delivered[0]!.payload).toEqual({ link: SECRET });
    expect(await rows()).toMatchObject([{ state: 'delivered', payload: null, sealed: null }]);
  });

  it('rejects a payload moved from another message', async () => {
    await one.send({ channel: 'sealed', payload: 'mine' }, { channel: 'sealed', payload: 'theirs' });
    const [first, second] = await rows();
    await one.dataSource.query('UPDATE outbox_messages SET sealed = $2 WHERE id = $1', [
      first!.id,
      second!.sealed,
    ]);
    await one.workers.workerOf('sealed').drain();
    expect(one.delivered.map(({ payload }) => payload)).toEqual(['theirs']);
    expect(await rows()).toMatchObject([{ state: 'pending' }, { state: 'delivered' }]);
  });

  it('abandons a permanently refused message at once, erases it, and calls listeners in the same transaction', async () => {
    behaviour = () => Promise.reject(new PermanentFailure('550 no such mailbox'));
    const letters: DeadLetter[] = [];
    let fails = true;
    one.outbox.onDeadLetter(async (_, letter) => {
      if (fails) throw new Problem(PlatformErrors.dependency_unavailable);
      letters.push(letter);
    });
    await one.send({ channel: 'sealed', payload: SECRET });
    const draining = one.drain('sealed');
    await eventually(() => expect(one.delivered).toHaveLength(1));
    expect(await rows()).toMatchObject([{ state: 'pending' }]);
    fails = false;
    await draining;
    expect(letters).toMatchObject([{ channel: 'sealed', subject: 'user:1', error: '550 no such mailbox' }]);
    expect(await rows()).toMatchObject([{ state: 'dead', sealed: null, lastError: '550 no such mailbox' }]);
    expect(one.delivered).toHaveLength(1);
  });

  it('abandons messages without a listener that always throws, which blocks no others', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    one.outbox.onDeadLetter((tx) => tx.query('SELECT * FROM no_such_table'));
    behaviour = () => Promise.reject(new PermanentFailure('refused'));
    await one.send(...Array.from({ length: 12 }, () => ({})));
    await one.drain();
    expect((await rows()).map(({ state }) => state)).toEqual(Array.from({ length: 12 }, () => 'dead'));
    expect(log).toHaveBeenCalledWith(
      { messageId: expect.any(String), channel: 'open', err: expect.any(QueryFailedError) },
      'Dead letter not announced',
    );
  });

  it('tries a message again after its lease if PostgreSQL refuses to record the outcome', async () => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    behaviour = () => Promise.reject(new Error('busy'));
    const refusal = new Error('a value that PostgreSQL cannot store');
    vi.spyOn(one.messages, 'postpone').mockRejectedValueOnce(refusal);
    await one.send({});
    await one.drain();
    expect(log).toHaveBeenCalledWith(
      { messageId: (await rows())[0]!.id, err: refusal },
      'Attempt not recorded',
    );
    behaviour = async () => undefined;
    await one.drain();
    expect(await rows()).toMatchObject([{ state: 'pending', attempts: 1 }]);
    clock.advance(31_000);
    await one.drain();
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  it('erases messages that their channel decides not to send', async () => {
    behaviour = async () => SUPPRESSED;
    await one.send({ channel: 'sealed', payload: SECRET });
    await one.drain('sealed');
    expect(await rows()).toMatchObject([{ state: 'suppressed', sealed: null }]);
  });

  it('does not send a delivered message again if PostgreSQL is briefly unavailable', async () => {
    await one.send({});
    const end = one.messages.end.bind(one.messages);
    let away = 2;
    one.messages.end = (...parameters) =>
      away-- > 0 ? Promise.reject(new Problem(PlatformErrors.dependency_unavailable)) : end(...parameters);
    await one.drain();
    expect(await rows()).toMatchObject([{ state: 'delivered', attempts: 1 }]);
    expect(one.delivered).toHaveLength(1);
  });

  it('aborts running attempts when the process ends, and retries them elsewhere', async () => {
    behaviour = ({ signal }) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    await one.send({});
    const worker = one.workers.workerOf('open');
    await worker.step();
    const startedMs = performance.now();
    await worker.stop();
    expect(performance.now() - startedMs).toBeLessThan(8000);
    behaviour = async () => undefined;
    clock.advance(2000);
    await other.drain();
    expect(other.delivered.map(({ id }) => id)).toEqual(one.delivered.map(({ id }) => id));
  });
});
