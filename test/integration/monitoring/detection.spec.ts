import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../../src/audit/audit-entry.js';
import type { AuditFeed, FeedPage } from '../../../src/audit/feed/audit-feed.js';
import type { AlertBody } from '../../../src/monitoring/alerts/alert-body.js';
import { AlertsRepository } from '../../../src/monitoring/alerts/alerts.repository.js';
import { DetectionRepository } from '../../../src/monitoring/detection/detection.repository.js';
import { DetectionRun } from '../../../src/monitoring/detection/detection-run.js';
import { DetectionResumption } from '../../../src/monitoring/detection/detection-resumption.js';
import { PositionCodes } from '../../../src/monitoring/detection/position-codes.js';
import { MOST_NAMED } from '../../../src/monitoring/detection/subject-bound.js';
import { DetectionService } from '../../../src/monitoring/detection/detection.service.js';
import type { Leadership } from '../../../src/platform/leader/leadership.js';
import { suppliedPlaces } from '../../../src/monitoring/places/geoip-database.js';
import { rulesOf } from '../../../src/monitoring/rules/rules.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { LATER, START } from '../../support/attacks/findings-of.js';
import { type Act, spread } from '../../support/attacks/scenario.js';
import { trailOf } from '../../support/attacks/trail-of.js';
import { mostInATurn } from '../../support/event-loop/most-in-a-turn.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { cityDatabase } from '../../support/geoip/cities.js';
import { type DeliveryChannel, isAnnounced } from '../../../src/monitoring/alerts/delivery-channel.js';
import { type Alerting, startAlerting } from '../../support/monitoring/alerting.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

/** A trail in memory: a list whose positions are indexes into it. */
class ListedTrail implements Pick<AuditFeed, 'readAfter' | 'beginning'> {
  readonly beginning = '0';
  readonly entries: AuditEntry[] = [];
  readonly asked: (string | null)[] = [];

  async readAfter(position: string | null, limit: number): Promise<FeedPage> {
    this.asked.push(position);
    const from = Number(position ?? this.entries.length);
    const entries = this.entries.slice(from, from + limit);
    return { entries, position: String(from + entries.length) };
  }
}

const guess = { kind: 'login', account: 'victim', address: '192.0.2.1', password: 'wrong' } as const;

/** Too long for an index of PostgreSQL, which compresses texts with repetitions. */
const LONG = randomBytes(3000).toString('hex');

const GONE = '019a0000-0000-7000-8000-0000000000aa';
const LATE = '019a0000-0000-7000-8000-0000000000bb';
const OTHER = '019a0000-0000-7000-8000-0000000000cc';

const operators: DeliveryChannel = {
  name: 'operators',
  standsAlone: false,
  wants: isAnnounced,
  deliver: async () => undefined,
};

const codes = new PositionCodes(new MasterKey('what detection signs its positions with in a test'));

async function readUp(detection: DetectionService): Promise<void> {
  while (await detection.step());
}

/** Runs detection so many times, whatever fails. */
async function attempt(detection: DetectionService, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await detection.step().catch(() => undefined);
}

describe('Detection', () => {
  let database: FreshDatabase;
  let alerting: Alerting;
  let trail: ListedTrail;

  beforeAll(async () => {
    database = await freshDatabase();
    alerting = await startAlerting(database, [operators]);
  });
  afterAll(async () => {
    await alerting.stop();
    await database.drop();
  });
  beforeEach(async () => {
    trail = new ListedTrail();
    await instance().onModuleInit();
    trail.asked.length = 0;
  });
  afterEach(async () => {
    await asOwner('TRUNCATE monitoring_detection, monitoring_detection_slot');
    await alerting.dataSource.query(
      `DELETE FROM monitoring_alert; DELETE FROM outbox_messages;
       INSERT INTO monitoring_detection DEFAULT VALUES`,
    );
  });

  /** A process that runs detection while it is the leader. */
  function instance(
    leadership: { isLeader: boolean } = { isLeader: true },
    environment = new Environment(),
  ): DetectionService {
    const { dataSource, raiser, transactions } = alerting;
    const repository = new DetectionRepository(dataSource, codes);
    const rules = rulesOf(environment, suppliedPlaces(environment));
    const feed = trail as unknown as AuditFeed;
    const resumption = new DetectionResumption(rules, feed, repository, raiser, transactions, LATER);
    return new DetectionService(feed, leadership as Leadership, repository, raiser, transactions, resumption);
  }

  async function asOwner(statement: string): Promise<void> {
    const owner = await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize();
    await owner.query(statement);
    await owner.destroy();
  }

  const happen = (acts: readonly Act[], startMs = START) => trail.entries.push(...trailOf(acts, startMs));
  const announced = async () =>
    (await alerting.deliveries()).map(({ payload }) => {
      const { rule, count, evidence } = payload as AlertBody;
      return [rule, count, evidence['granted']];
    });
  const found = async () => (await alerting.rows()).map(({ rule, count }) => [rule, count]);

  it('raises what the trail shows, page by page, until its end', async () => {
    happen(
      spread(1200, 300, (i) => ({
        ...guess,
        account: `crowd-${i}`,
        address: `10.0.${i % 250}.1`,
        password: 'right',
        device: 'known',
      })),
    );
    happen(
      spread(12, 120, () => guess),
      START + 300_000,
    );
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 3]]);
    expect(await new DetectionRepository(alerting.dataSource, codes).cursor()).toMatchObject({
      position: '1212',
      entryId: trail.entries.at(-1)!.id,
    });
  });

  it('is begun by a start although PostgreSQL does not answer in time at first', async () => {
    await asOwner('TRUNCATE monitoring_detection; INSERT INTO monitoring_detection DEFAULT VALUES');
    const slow = new Error('timeout exceeded when trying to connect');
    vi.spyOn(trail, 'readAfter').mockRejectedValueOnce(slow);
    await instance().onModuleInit();
    const { position } = await new DetectionRepository(alerting.dataSource, codes).cursor();
    expect(position).not.toBeNull();
  });

  it('does nothing if it is not the leader', async () => {
    happen(spread(12, 120, () => guess));
    await readUp(instance({ isLeader: false }));
    expect(trail.asked).toEqual([]);
  });

  it('continues seamlessly when another instance takes over', async () => {
    happen(spread(9, 90, () => guess));
    await readUp(instance());
    expect(await found()).toEqual([]);
    happen([{ ...guess, at: 0 }], START + 100_000);
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 1]]);
    happen([{ ...guess, at: 0 }], START + 110_000);
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 2]]);
  });

  it('continues seamlessly although an entry of the day before was recorded late', async () => {
    happen(spread(9, 90, () => guess));
    await readUp(instance());
    happen([{ ...guess, account: 'other', at: 0 }], START - 20 * 3_600_000);
    await readUp(instance());
    happen([{ ...guess, account: 'other', at: 0 }], START + 95_000);
    await readUp(instance());
    happen([{ ...guess, at: 0 }], START + 100_000);
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 1]]);
  });

  it.each(['the same leader', 'a new one'])(
    'names nobody whose data was erased meanwhile: %s',
    async (leader) => {
      const detection = instance();
      happen(spread(9, 90, () => guess));
      await readUp(detection);
      const [entry] = trail.entries as [AuditEntry];
      trail.entries.push({
        ...entry,
        id: '019a0000-0000-7000-8000-00000000000e',
        type: 'personal_data_erased',
        time: new Date(START + 95_000).toISOString(),
        address: null,
        details: {},
      });
      await readUp(detection);
      const [another] = trailOf([{ ...guess, at: 0 }], START + 100_000);
      trail.entries.push({ ...another!, userId: null });
      await readUp(leader === 'a new one' ? instance() : detection);
      const account = String(entry.details!.account);
      expect(await alerting.rows()).toMatchObject([
        {
          rule: 'brute_force',
          subject: `account:${account} address:192.0.2.1`,
          evidence: { userIds: [], accounts: [account], addresses: ['192.0.2.1'] },
        },
      ]);
    },
  );

  it.each(['the same leader', 'a new one'])(
    'raises nothing about somebody whose data was erased before, whose dead session goes on: %s',
    async (leader) => {
      const detection = instance();
      const [entry] = trailOf([{ ...guess, at: 0 }], START);
      const theirs = { ...entry!, userId: GONE, sessionId: GONE };
      const refused = {
        id: LATE,
        type: 'excess_rate_limit_exceeded' as const,
        details: { policies: ['default'], count: 500 },
      };
      trail.entries.push({
        ...theirs,
        id: GONE,
        type: 'personal_data_erased' as const,
        address: null,
        details: {},
      });
      await readUp(detection);
      const another = { ...theirs, ...refused, id: OTHER, userId: OTHER, sessionId: OTHER };
      trail.entries.push({ ...theirs, ...refused }, another);
      await readUp(leader === 'a new one' ? instance() : detection);
      expect(await alerting.rows()).toMatchObject([{ subject: `user:${OTHER}` }]);
    },
  );

  it('announces each role that an account is granted, although nobody has resolved the alert about the first', async () => {
    happen([{ kind: 'grant', account: 'climber', role: 'auditor', at: 0 }]);
    await readUp(instance());
    happen([{ kind: 'grant', account: 'climber', role: 'admin', at: 0 }], START + 90 * 86_400_000);
    await readUp(instance());
    expect(await announced()).toEqual([
      ['privilege_granted', 1, ['auditor']],
      ['privilege_granted', 2, ['admin']],
    ]);
  });

  it('rereads only the entries within its windows', async () => {
    for (let hour = 0; hour < 20; hour++) {
      happen([{ ...guess, account: `user-${hour}`, at: 0 }], START + hour * 3_600_000);
      await readUp(instance());
    }
    trail.asked.length = 0;
    await readUp(instance());
    expect(Number(trail.asked[0])).toBeGreaterThanOrEqual(18);
  });

  it('lets other work proceed between the pages that it rereads', async () => {
    happen(spread(2000, 250, (i) => ({ ...guess, account: `user-${i}`, address: `10.0.${i % 250}.1` })));
    await readUp(instance());
    const { most, all } = await mostInATurn(DetectionRun.prototype, 'remember', () => readUp(instance()));
    expect(all).toBeGreaterThanOrEqual(4);
    expect(most).toBe(1);
  });

  it('ends soon when its process stops while it rereads', async () => {
    happen(spread(2000, 250, (i) => ({ ...guess, account: `user-${i}`, address: `10.0.${i % 250}.1` })));
    await readUp(instance());
    trail.asked.length = 0;
    const detection = instance();
    const step = detection.step();
    await vi.waitFor(() => expect(trail.asked.length).toBeGreaterThan(0), { timeout: 15_000, interval: 1 });
    await detection.onModuleDestroy();
    expect(await step).toBe(false);
    expect(trail.asked.length).toBeLessThanOrEqual(4);
  });

  it('detects an impossible journey by a database of places, across instances', async () => {
    const GEOIP_DATABASE = join(await temporaryFolder(), 'City.mmdb');
    await writeFile(GEOIP_DATABASE, cityDatabase());
    const knowing = () => instance(undefined, Object.assign(new Environment(), { GEOIP_DATABASE }));
    const login = { kind: 'login', account: 'owner', password: 'right', device: 'known', at: 0 } as const;
    happen([{ ...login, address: '192.0.2.1' }]);
    await readUp(knowing());
    happen([{ ...login, address: '203.0.113.1' }], START + 1_000_000);
    happen([{ ...login, address: '2001:db8:1::5' }], START + 3_000_000);
    await readUp(knowing());
    const [alert, ...others] = await alerting.rows();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      rule: 'impossible_travel',
      severity: 'warning',
      count: 1,
      evidence: { countries: ['DE', 'US'], kilometres: 6400 },
    });
  });

  it('keeps the usual failure ratio across instances', async () => {
    const yesterday = spread(100, 3000, (i) => ({
      ...guess,
      account: `user-${i}`,
      address: `10.0.0.${i}`,
      password: i % 5 < 2 ? ('wrong' as const) : ('right' as const),
      device: 'known' as const,
    }));
    const spraying = spread(80, 500, (i) => ({
      ...guess,
      account: `employee-${i}`,
      address: `10.1.0.${i % 16}`,
      password: i % 5 < 4 ? ('wrong' as const) : ('right' as const),
      device: 'known' as const,
    }));
    happen(yesterday, START - 7_200_000);
    await readUp(instance());
    happen(spraying);
    await readUp(instance());
    expect(await found()).toEqual([]);
    await alerting.dataSource.query('DELETE FROM monitoring_detection_slot WHERE slot < $1', [
      new Date(START - 60_000),
    ]);
    happen(spraying, START + 501_000);
    await readUp(instance());
    expect(await found()).toEqual([['password_spraying', expect.any(Number)]]);
  });

  it('evaluates nothing twice if two instances lead at the same time', async () => {
    const [first, second] = [instance(), instance()];
    happen(spread(9, 90, () => guess));
    await readUp(first);
    await readUp(second);
    happen(
      spread(5, 50, () => guess),
      START + 100_000,
    );
    const steps = await Promise.allSettled([first.step(), second.step()]);
    expect(steps.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    await readUp(first);
    await readUp(second);
    expect(await found()).toEqual([['brute_force', 5]]);
  });

  it('starts with the first event after the very first start, and not again at the next one', async () => {
    await asOwner('TRUNCATE monitoring_detection; INSERT INTO monitoring_detection DEFAULT VALUES');
    const dozen = spread(12, 120, () => guess);
    happen(dozen);
    await instance().onModuleInit();
    happen(dozen, START + 3_600_000);
    const detection = instance();
    await detection.onModuleInit();
    await readUp(detection);
    expect(await found()).toEqual([['brute_force', 3]]);
  });

  it('skips nothing and repeats nothing if writing fails in between', async () => {
    const detection = instance();
    happen(spread(9, 90, () => guess));
    await readUp(detection);
    happen([{ ...guess, at: 0 }], START + 100_000);
    const owner = await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize();
    await owner.query('ALTER TABLE monitoring_alert RENAME TO elsewhere');
    await expect(detection.step()).rejects.toThrow('monitoring_alert');
    await expect(detection.step()).rejects.toThrow('monitoring_alert');
    await owner.query('ALTER TABLE elsewhere RENAME TO monitoring_alert');
    await owner.destroy();
    await readUp(detection);
    expect(await found()).toEqual([['brute_force', 1]]);
  });

  it.each([
    // PostgreSQL accepts this character in no text.
    ['has a character that is refused', { requestId: 'a\u0000b' }],
    ['has a value that is too long for an index', { details: { granted: ['admin'], operator: LONG } }],
  ])('skips an entry whose alert %s, after several attempts, and says so', async (_, inserted) => {
    await asOwner(`CREATE INDEX of_operators ON monitoring_alert ((evidence ->> 'grantedBy'))`);
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    happen(spread(9, 90, () => guess));
    const [refused] = trailOf([{ at: 0, kind: 'grant', account: 'climber', role: 'admin' }], START + 95_000);
    trail.entries.push({ ...refused!, ...inserted });
    happen(
      spread(3, 3, () => guess),
      START + 100_000,
    );
    await attempt(instance(), 40);
    expect(await found()).toEqual([['brute_force', 3]]);
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringContaining(`Detection skipped the entry ${refused!.id}`),
    ]);
    await asOwner('DROP INDEX of_operators');
    logged.mockRestore();
  });

  it('does not skip an entry instead of one that another leader has skipped', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const grant = { kind: 'grant', account: 'climber', role: 'admin', at: 0 } as const;
    const [refused] = trailOf([grant], START);
    trail.entries.push({ ...refused!, requestId: 'a\u0000b' });
    const leadership = { isLeader: true };
    const former = instance(leadership);
    // Three times in a page, and three times alone.
    await attempt(former, 6);
    leadership.isLeader = false;
    await former.step();
    await attempt(instance(), 7);
    expect(logged).toHaveBeenCalledWith(
      expect.stringContaining(`Detection skipped the entry ${refused!.id}`),
      undefined,
    );
    happen([grant], START + 1000);
    leadership.isLeader = true;
    await former.step();
    expect(await found()).toEqual([['privilege_granted', 1]]);
    logged.mockRestore();
  });

  it.each([
    ['an address that is none', { address: 'x:y' }, [], 1],
    ['a subject that is no text', { details: { kid: { toString: 1, valueOf: 1 } } }, [], 1],
    ['a subject that is too long for an index', { details: { kid: LONG } }, [['forged_signing_key', 1]], 0],
  ])(
    'goes on after an inserted entry with %s, and so does the next leader',
    async (_, inserted, raised, skips) => {
      const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
      happen(spread(9, 90, () => guess));
      const [entry] = trailOf([{ ...guess, at: 0 }], START + 95_000);
      trail.entries.push({ ...entry!, type: 'signing_key_rejected', ...inserted });
      happen([{ ...guess, at: 0 }], START + 100_000);
      await readUp(instance());
      expect(await found()).toEqual([['brute_force', 1], ...raised]);
      expect(logged.mock.calls.map(([message]) => String(message))).toEqual(
        Array.from({ length: skips }, () => expect.stringContaining(entry!.id)),
      );
      happen([{ ...guess, at: 0 }], START + 110_000);
      await readUp(instance());
      expect(await found()).toEqual([['brute_force', 2], ...raised]);
      logged.mockRestore();
    },
  );

  it('skips nothing while PostgreSQL is unavailable, however long', async () => {
    happen(spread(12, 120, () => guess));
    // Without findings nothing is inserted, so the entries would get past if they were skipped.
    const insert = vi
      .spyOn(AlertsRepository.prototype, 'insertNew')
      .mockRejectedValue(new Error('Connection terminated'));
    const detection = instance();
    await attempt(detection, 20);
    expect(await found()).toEqual([]);
    insert.mockRestore();
    await readUp(detection);
    expect(await found()).toEqual([['brute_force', 3]]);
  });

  it('raises important alerts without delay among thirty invented subjects a second', async () => {
    const minute = 60;
    happen(
      spread(minute * 30 * 20, minute, (i) => ({
        kind: 'forgery' as const,
        address: `2001:db8:${Math.floor(i / 1280).toString(16)}:${(Math.floor(i / 20) % 64).toString(16)}::1`,
      })),
    );
    const detection = instance();
    while (trail.asked.length * 500 < trail.entries.length) await detection.step();
    happen([{ kind: 'reuse', account: 'victim', address: '192.0.2.1', at: 0 }], START + minute * 1000);
    await detection.step();
    const rows = await alerting.rows();
    expect(rows.filter(({ rule }) => rule === 'refresh_token_reuse')).toHaveLength(1);
    expect(rows.filter(({ rule }) => rule === 'token_forgery').length).toBeLessThanOrEqual(MOST_NAMED + 1);
  });

  describe('with a tampered position', () => {
    const forged = ['trail_positions_forged', 1];

    beforeEach(async () => {
      happen(spread(9, 90, () => guess));
      await readUp(instance());
    });

    it.each([
      ['moved ahead', `UPDATE monitoring_detection SET position = '20'`],
      ['emptied', `UPDATE monitoring_detection SET position = NULL, entry_id = NULL, entry_time = NULL`],
      ['given the code of nothing', `UPDATE monitoring_detection SET position = '20', mac = ''`],
      ['moved in its time', `UPDATE monitoring_detection SET entry_time = now()`],
    ])('raises an alert and misses nothing: %s', async (_, statement) => {
      happen([{ ...guess, at: 0 }], START + 100_000);
      await alerting.dataSource.query(statement);
      const detection = instance();
      await detection.onModuleInit();
      await readUp(detection);
      expect(await found()).toEqual([['brute_force', 1], forged]);
    });

    it('announces each time', async () => {
      for (const position of ['20', '21']) {
        await alerting.dataSource.query('UPDATE monitoring_detection SET position = $1', [position]);
        await readUp(instance());
      }
      expect(await announced()).toEqual([
        ['trail_positions_forged', 1, undefined],
        ['trail_positions_forged', 2, undefined],
      ]);
    });

    it('is detected by the current leader', async () => {
      const detection = instance();
      await readUp(detection);
      await alerting.dataSource.query(`UPDATE monitoring_detection SET position = '20'`);
      happen([{ ...guess, at: 0 }], START + 100_000);
      await expect(detection.step()).rejects.toThrow('another instance');
      await readUp(detection);
      expect(await found()).toEqual([['brute_force', 1], forged]);
    });

    it('starts at the beginning of the trail if no count is genuine either', async () => {
      await alerting.dataSource.query(
        `UPDATE monitoring_detection SET position = '20'; UPDATE monitoring_detection_slot SET attempts = 0, position = '9'`,
      );
      happen([{ ...guess, at: 0 }], START + 100_000);
      await readUp(instance());
      expect(await found()).toEqual([['brute_force', 1], forged]);
      expect(trail.asked).toContain(trail.beginning);
    });

    it('does not use altered counts for the usual failure ratio', async () => {
      await alerting.dataSource.query(`UPDATE monitoring_detection_slot SET failures = 0, mac = NULL`);
      await readUp(instance());
      expect(await found()).toEqual([forged]);
    });

    it.each(['UPDATE monitoring_detection SET mac = NULL', 'DELETE FROM monitoring_detection'])(
      'keeps its code: %s is rejected',
      async (statement) => {
        await expect(alerting.dataSource.query(statement)).rejects.toThrow('keeps its code');
      },
    );
  });

  it('takes over from the previous version, whose rows have no code, without an alert', async () => {
    happen(spread(9, 90, () => guess));
    await readUp(instance());
    await asOwner(`
      ALTER TABLE monitoring_detection DISABLE TRIGGER USER;
      UPDATE monitoring_detection SET mac = NULL;
      UPDATE monitoring_detection_slot SET mac = NULL;
      ALTER TABLE monitoring_detection ENABLE TRIGGER USER`);
    happen([{ ...guess, at: 0 }], START + 100_000);
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 1]]);
    await readUp(instance());
    expect(await found()).toEqual([['brute_force', 1]]);
  });
});
