import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { SealsRepository } from '../../../src/audit/seals/seals.repository.js';
import { SealInclusions } from '../../../src/audit/own-trail/seal-inclusions.js';
import { AuditExport } from '../../../src/audit/reading/audit-export.js';
import { CHAIN_START } from '../../../src/audit/verification/seal-check.js';
import { TrailWalk } from '../../../src/audit/verification/trail-walk.js';
import { WorkThrottle } from '../../../src/platform/clock/work-throttle.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

/** The service's own role may insert into `audit_seals`, but does not have the key. */
const FORGE = `
  INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                           signature, mac, format, root)
  SELECT number + $1, now(), to_position, to_position + $2, 0, 0, '', '[]', hash, sha256(hash), signature, mac, 2, root
  FROM audit_seals ORDER BY number DESC LIMIT 1`;

/** Inserts a seal with any number and end. */
const FORGE_AT = `
  INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                           signature, mac, format, root)
  SELECT $1::bigint, time, to_position, $2::bigint, 2147483647, 2147483647, '', '[]', hash, sha256(hash), signature, mac, 2, root
  FROM audit_seals ORDER BY number DESC LIMIT 1`;

describe('A forged seal', () => {
  let trail: Trail;
  const errors = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);

  beforeEach(async () => {
    errors.mockClear();
    trail = await startTrail();
    await trail.grow(3);
  });
  afterEach(() => trail.stop());

  /** Where the first or the last event is sealed. */
  const inclusionOf = async (order: 'ASC' | 'DESC') => {
    const [event] = await trail.dataSource.query<{ id: string; position: number }[]>(
      `SELECT id, position::float8 FROM audit_events ORDER BY position ${order}, id LIMIT 1`,
    );
    return trail.module.get(SealInclusions).reader(new WorkThrottle()).of(event!.id, event!.position);
  };

  it.each([
    ['in the next place', 1, 0],
    ['that claims the next positions', 1, 1_000_000],
    ['far ahead', 1_000_000, 1_000_000_000],
  ])('%s does not stop sealing, and is detected', async (_, ahead, positions) => {
    await trail.dataSource.query(FORGE, [ahead, positions]);
    await trail.grow(3);
    const { firstFault, checkpoint, entries } = await trail.verification.verify();
    expect(firstFault).toMatchObject({
      id: `seal:${1 + ahead}`,
      kind: expect.stringMatching(/^seal_(altered|replaced)$/),
    });
    expect([checkpoint?.number, entries]).toEqual([2, 8]);
    expect(errors).toHaveBeenCalledWith({ number: 1 + ahead }, expect.stringContaining('forged'));
    expect(await trail.module.get(SealProgress).read()).toEqual({ number: 2, unsealedSeconds: 0 });
  });

  it.each([
    ['-9223372036854775808', '1'],
    ['0', '1'],
    ['9007199254740992', '1'],
    ['9007199254740993', '1'],
    ['9223372036854775807', '1'],
    ['2', '-1'],
    ['2', '9223372036854775807'],
  ])('with the number %s and the end %s is detected, and stops nothing', async (number, end) => {
    const from = new Date((await trail.verification.verify()).checkpoint!.time);
    await trail.dataSource.query(FORGE_AT, [number, end]);
    await trail.grow(3);
    const fault = { id: `seal:${number}`, kind: 'seal_forged' };
    expect(await trail.verification.verify()).toMatchObject({
      firstFault: fault,
      entries: 8,
      checkpoint: { number: 2 },
    });
    const part = await trail.verification.verify({ from: new Date(from.getTime() + 1) });
    expect(part).toMatchObject({ firstFault: fault, entries: 4 });
    expect(await trail.module.get(SealProgress).read()).toEqual({ number: 2, unsealedSeconds: 0 });
    expect(await trail.module.get(SealsRepository).countEntries(null, null)).toBe(2 * 2147483647 + 8);
  });

  it('that repeats a number is detected at the edge of a page, too, and its page is exported whole', async () => {
    // The first page of a walk has ten seals, and one of an export twenty.
    for (let seals = 1; seals < 20; seals++) await trail.grow(1);
    for (const number of [10, 20])
      await trail.dataSource.query(
        `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                                  signature, mac, format, root)
         SELECT number, time + interval '1 hour', from_position, to_position, events, calls, members, retired, previous, hash,
                signature, mac, format, root FROM audit_seals WHERE number = $1`,
        [number],
      );
    const forged: string[] = [];
    for await (const step of trail.module.get(TrailWalk).walk({ start: CHAIN_START, until: null }))
      if (step.kind === 'forged_seal') forged.push(`seal:${step.seal.number}`);
    expect(forged).toEqual(['seal:10', 'seal:20']);
    let lines = '';
    for await (const text of trail.module.get(AuditExport).sealsOf({}).text) lines += text;
    expect(lines.trimEnd().split('\n')).toHaveLength(22);
  });

  describe('before a range', () => {
    const from = async () => {
      const [{ time }] = await trail.dataSource.query<[{ time: Date }]>(
        'SELECT time FROM audit_seals ORDER BY number DESC LIMIT 1',
      );
      return new Date(time.getTime() + 1);
    };
    /** More than the reader looks at together, at the time of the newest seal, after which the range begins. */
    const forge = () =>
      trail.dataSource.query(
        `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                                  signature, mac, format, root)
         SELECT 1000000 + n, time, to_position, to_position + 1000000, 0, 0, '', '[]', hash, sha256(hash), signature, mac, 2, root
         FROM audit_seals, generate_series(1, 30) AS n`,
      );

    it('is reported, and what follows the range is verified from the genuine one', async () => {
      const time = await from();
      await forge();
      await trail.grow(3);
      expect(await trail.verification.verify({ from: time })).toMatchObject({
        entries: 4,
        firstFault: { id: 'seal:1000030', kind: 'seal_altered' },
        checkpoint: { number: 2 },
      });
    });

    it('does not hide the seals of the range', async () => {
      const time = await from();
      await forge();
      await trail.grow(3);
      let lines = '';
      for await (const text of trail.module.get(AuditExport).sealsOf({ from: time.toISOString() }).text)
        lines += text;
      expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({ number: 2 });
    });
  });

  it('with a later time does not end an export of seals', async () => {
    for (let seals = 1; seals < 25; seals++) await trail.grow(1);
    const [{ time: to }] = await trail.dataSource.query<[{ time: Date }]>(
      'SELECT max(time) AS time FROM audit_seals',
    );
    await trail.dataSource.query(
      `INSERT INTO audit_seals SELECT (jsonb_populate_record(seal, jsonb_build_object('time', time + interval '1 hour'))).*
       FROM audit_seals seal WHERE number = 10`,
    );
    let lines = '';
    for await (const text of trail.module.get(AuditExport).sealsOf({ to: to.toISOString() }).text)
      lines += text;
    expect(lines.trimEnd().split('\n')).toHaveLength(25);
  });

  it('that claims the range of a genuine one does not hide where entries are sealed', async () => {
    const inclusion = await inclusionOf('ASC');
    expect(inclusion).toMatchObject({ seal: { number: 1 }, inclusion: { seal: 1 } });
    // More than the reader looks at together.
    await trail.dataSource.query(
      `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                                signature, mac, format, root)
       SELECT number + n, time, from_position, to_position - 1, 1, 0, '', '[]', previous, hash, signature, mac, format, root
       FROM audit_seals, generate_series(1, 30) AS n`,
    );
    expect(await inclusionOf('ASC')).toEqual(inclusion);
  });

  it('does not prove an entry that is not sealed', async () => {
    await trail.dataSource.query(FORGE, [1, 1_000_000]);
    await trail.record(1);
    await trail.dataSource.query(
      `INSERT INTO audit_seals (number, time, from_position, to_position, events, calls, members, retired, previous, hash,
                                signature, mac, format, root)
       SELECT 3, seal.time, entry.position, entry.position + 1, 1, 0, uuid_send(entry.id) || entry.digest, '[]', hash, hash,
              signature, seal.mac, format, root FROM audit_seals seal, audit_events entry
       WHERE seal.number = 1 ORDER BY entry.position DESC LIMIT 1`,
    );
    expect(await inclusionOf('DESC')).toBeNull();
  });

  it('whose records are nested more deeply than the stack is does not stop sealing', async () => {
    await trail.dataSource.query(FORGE, [1, 0]);
    await trail.dataSource.query(
      `INSERT INTO audit_seals SELECT (jsonb_populate_record(seal, jsonb_build_object('number', 3, 'retired', $1::jsonb))).*
       FROM audit_seals seal WHERE number = 1`,
      ['['.repeat(5000) + ']'.repeat(5000)],
    );
    await trail.grow(3);
    expect(await trail.verification.verify()).toMatchObject({ entries: 8, checkpoint: { number: 2 } });
  });

  it('does not prevent the verification of later entries', async () => {
    expect(await trail.verification.verifyNew()).toMatchObject({ intact: true });
    await trail.dataSource.query(FORGE, [1_000_000, 1_000_000_000]);
    expect(await trail.verification.verifyNew()).toMatchObject({ intact: false });
    await trail.grow(3);
    expect((await trail.verification.verifyNew()).checkpoint).toMatchObject({ number: 2 });
  });

  it.each([
    ['beyond every position', 9_000_000_000_000_000],
    ['as far as positions may be moved', 4_503_599_000_000_000],
  ])('that claims to reach %s keeps no instance from starting, and moves nothing', async (_, positions) => {
    await trail.dataSource.query(FORGE, [1, positions]);
    const next = await startTrail({ database: trail.database });
    await next.grow(3);
    const [{ position }] = await trail.dataSource.query<[{ position: number }]>(
      'SELECT max(position)::float8 AS position FROM audit_events',
    );
    expect(position).toBeLessThan(positions / 2);
    expect((await next.verification.verify()).firstFault).toMatchObject({ id: 'seal:2' });
    await next.stop();
  });
});
