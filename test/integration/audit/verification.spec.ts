import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkpointOf } from '../../../src/audit/seals/checkpoint.js';
import { CheckpointFile } from '../../../src/audit/seals/checkpoint-file.js';
import { sealHash } from '../../../src/audit/seals/seal.js';
import { NewestSeal } from '../../../src/audit/seals/newest-seal.js';
import { SealChain } from '../../../src/audit/seals/seal-chain.js';
import { SealsRepository } from '../../../src/audit/seals/seals.repository.js';
import type { Fault } from '../../../src/audit/verification/fault.js';
import { CHAIN_START } from '../../../src/audit/verification/seal-check.js';
import { TrailWalk } from '../../../src/audit/verification/trail-walk.js';
import { type FilledTrail, fillTrail, startTrail, type Trail } from '../../support/audit/trail.js';
import { Tamperer } from '../../support/audit/tamperer.js';

const NEW_ID = 'ffffffff-0000-7000-8000-000000000000';

describe('AuditVerification', () => {
  let filled: FilledTrail;
  let trail: Trail;
  let attacker: Tamperer;
  let events: string[];

  const verify = () => trail.verification.verify();

  /** Expects the fault to be found, and found again after the trail has grown. */
  async function expectFault(id: string | undefined, kind: string, sealedKind = kind): Promise<void> {
    expect(await verify()).toMatchObject({ intact: false, firstFault: { id, kind } });
    await trail.grow(3);
    expect(await verify()).toMatchObject({ intact: false, firstFault: { id, kind: sealedKind } });
  }

  /** Deletes the checkpoints that the service keeps outside the database. */
  function forgetCheckpoints(): void {
    trail.module.get(CheckpointFile).read = () => [];
  }

  beforeAll(async () => {
    filled = await fillTrail(async (empty) => {
      // Three seals, each with five events and a call.
      for (let seal = 0; seal < 3; seal++) await empty.grow(5);
    });
  });
  afterAll(() => filled.remove());
  beforeEach(async () => {
    trail = await startTrail({ copyOf: filled });
    attacker = await Tamperer.on(trail.database.superuserUrl);
    events = await attacker.ids('audit_events');
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  describe('of an unaltered trail', () => {
    it('finds it intact, and returns the newest checkpoint', async () => {
      const { checkpoint, ...verification } = await verify();
      expect(verification).toMatchObject({ intact: true, entries: 18, firstFault: null });
      const newest = await trail.module.get(NewestSeal).read();
      expect(checkpoint).toMatchObject(checkpointOf(newest!));
    });

    it('finds an empty trail intact', async () => {
      const empty = await startTrail();
      expect(await empty.verification.verify()).toMatchObject({ intact: true, entries: 0, checkpoint: null });
      await empty.stop();
    });

    it('counts entries that are not sealed yet', async () => {
      await trail.record(2);
      expect(await verify()).toMatchObject({ intact: true, entries: 20 });
    });
  });

  describe('of entries', () => {
    it.each([
      'user_id = gen_random_uuid()',
      `outcome = 'success'`,
      `details = '{}'`,
      'address = NULL',
      `time = time + '1 ms'`,
      'digest = sha256(digest)',
    ])('finds an edit: %s', async (edit) => {
      await attacker.change(`UPDATE audit_events SET ${edit} WHERE id = $1`, events[6]);
      await expectFault(events[6], 'altered');
    });

    it('finds an edit of an API call', async () => {
      const [, call] = await attacker.ids('audit_calls');
      await attacker.change('UPDATE audit_calls SET status = 200 WHERE id = $1', call);
      await expectFault(call, 'altered');
    });

    it('finds an exchanged code', async () => {
      await attacker.change('UPDATE audit_events SET mac = sha256(mac) WHERE id = $1', events[6]);
      await expectFault(events[6], 'forged');
    });

    it('finds a deletion', async () => {
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[6]);
      await expectFault(events[6], 'missing');
    });

    it('finds a deleted first entry', async () => {
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[0]);
      await expectFault(events[0], 'missing');
    });

    it('finds a wiped table by its first entry', async () => {
      await attacker.run('TRUNCATE audit_events');
      await expectFault(events[0], 'missing');
    });

    it('finds an insertion into a sealed range', async () => {
      await attacker.copy(events[6]!, { id: NEW_ID });
      await expectFault(NEW_ID, 'inserted');
    });

    it('finds an insertion before all sealed entries', async () => {
      await attacker.copy(events[6]!, { id: NEW_ID, position: 1 });
      await expectFault(NEW_ID, 'inserted');
    });

    it('finds an insertion at the end, before it is sealed and after', async () => {
      await attacker.change(
        `INSERT INTO audit_events SELECT (jsonb_populate_record(copy, jsonb_build_object('id', $2::text, 'position', audit_position()))).*
         FROM audit_events copy WHERE id = $1`,
        events[6],
        NEW_ID,
      );
      await expectFault(NEW_ID, 'forged', 'altered');
    });

    it.each([`outcome = 'success'`, 'digest = sha256(digest)'])(
      'finds an edit just before sealing: %s',
      async (edit) => {
        await trail.record(1);
        const id = (await attacker.ids('audit_events')).at(-1);
        await attacker.change(`UPDATE audit_events SET ${edit} WHERE id = $1`, id);
        await expectFault(id, 'forged', 'altered');
      },
    );

    it('finds a genuine entry that was deleted and put back at the end', async () => {
      await attacker.change('UPDATE audit_events SET position = audit_position() WHERE id = $1', events[6]);
      await expectFault(events[6], 'missing');
    });

    it('finds two swapped entries of different seals', async () => {
      await swapPositions(events[1]!, events[6]!);
      await expectFault(events[6], 'inserted');
    });

    it('finds two swapped entries of one seal', async () => {
      await swapPositions(events[6]!, events[8]!);
      await expectFault(events[6], 'moved');
    });

    it('finds two entries with swapped contents', async () => {
      await attacker.change(
        `UPDATE audit_events mine SET details = other.details, mac = other.mac FROM audit_events other
         WHERE (mine.id, other.id) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))`,
        events[6],
        events[8],
      );
      await expectFault(events[6], 'altered');
    });

    it('names the first of several', async () => {
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[12]);
      await attacker.change('UPDATE audit_events SET address = NULL WHERE id = $1', events[7]);
      await expectFault(events[7], 'altered');
    });

    it.each(['5', '"account"', 'true', 'null', '["account"]', '[["account"]]'])(
      'finds an inserted event and an inserted call whose details are no object: %s',
      async (details) => {
        await insertWith('audit_calls', details);
        expect(await verify()).toMatchObject({ firstFault: { id: NEW_ID, kind: 'forged' } });
        await insertWith('audit_events', details);
        await expectFault(NEW_ID, 'forged', 'altered');
      },
    );

    it('finds an inserted event whose details are nested more deeply than the stack is', async () => {
      await insertWith('audit_events', '{"a":'.repeat(5000) + '1' + '}'.repeat(5000));
      await expectFault(NEW_ID, 'forged', 'altered');
    });

    it('verifies a range although an inserted event about an erasure has details that are no object', async () => {
      const from = new Date((await trail.module.get(NewestSeal).read())!.time);
      await insertWith('audit_events', '5', { type: 'personal_data_erased', position: 1 });
      expect(await trail.verification.verify({ from })).toMatchObject({ intact: true, entries: 6 });
    });

    it.each(['', 'ab', 'ab'.repeat(33)])(
      'finds an entry inserted with a digest of another length, and no fault in those sealed with it: %j',
      async (digest) => {
        await trail.dataSource.query(
          `INSERT INTO audit_events (time, id, type, outcome, details, digest, mac)
           SELECT time, $1, type, outcome, details, decode($2, 'hex'), mac FROM audit_events ORDER BY position LIMIT 1`,
          [NEW_ID, digest],
        );
        await trail.grow(3);
        const faults: Fault[] = [];
        for await (const step of trail.module.get(TrailWalk).walk({ start: CHAIN_START, until: null }))
          faults.push(...step.faults);
        expect(faults).toMatchObject([{ id: NEW_ID, kind: 'altered' }]);
      },
    );

    /** Inserts a row of format 2 with the rights of the service's own role, by default at the end. */
    async function insertWith(
      table: 'audit_events' | 'audit_calls',
      details: string,
      { type = 'user_created', position = null }: { type?: string; position?: number | null } = {},
    ): Promise<void> {
      const isCall = table === 'audit_calls';
      await trail.dataSource.query(
        `INSERT INTO ${table} (time, id, position, outcome, digest, mac, details, origin_salt,
                               ${isCall ? 'status, duration_ms, method' : 'type'})
         SELECT time, $1, coalesce($2, audit_position()), outcome, digest, mac, $3::jsonb, sha256(mac),
                ${isCall ? 'status, duration_ms,' : ''} $4 FROM ${table} ORDER BY position LIMIT 1`,
        [NEW_ID, position, details, type],
      );
    }

    async function swapPositions(one: string, other: string): Promise<void> {
      await attacker.change(
        `UPDATE audit_events mine SET position = other.position FROM audit_events other
         WHERE (mine.id, other.id) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))`,
        one,
        other,
      );
    }
  });

  describe('of the tail', () => {
    it('finds it cut while its seals exist', async () => {
      await attacker.change('DELETE FROM audit_events WHERE id = ANY($1)', events.slice(-3));
      await expectFault(events.at(-3), 'missing');
    });

    it('finds it cut together with its seals, by the checkpoints outside the database', async () => {
      await cutTail();
      expect(await verify()).toMatchObject({ intact: false, firstFault: { id: 'seal:3', kind: 'tail_cut' } });
    });

    it('still finds it after other seals have replaced those that were cut', async () => {
      await cutTail();
      await trail.grow(4);
      await expectFault('seal:3', 'seal_replaced');
    });

    it('finds it by a checkpoint kept elsewhere', async () => {
      const checkpoint = checkpointOf((await trail.module.get(NewestSeal).read())!);
      forgetCheckpoints();
      await cutTail();
      expect(await verify()).toMatchObject({ intact: true });
      const verification = await trail.verification.verify({ checkpoints: [checkpoint] });
      expect(verification.firstFault).toMatchObject({ id: 'seal:3', kind: 'tail_cut' });
    });

    it('still finds it after the checkpoint file has let older ones go, time and again', async () => {
      await cutTail();
      for (let times = 0; times < 3; times++) {
        await trail.grow(1);
        await fillCheckpointFile();
        await trail.grow(1);
        expect(sizeOfCheckpointFile()).toBeLessThan(600 * 1024);
        expect((await verify()).firstFault).toMatchObject({ id: 'seal:3', kind: 'seal_replaced' });
      }
    });

    it('lets only those checkpoints go that a later one proves', async () => {
      const kept = trail.module.get(CheckpointFile);
      const [first] = kept.read();
      const unknown = { ...first!, hash: 'ab'.repeat(32) };
      kept.append(unknown);
      await fillCheckpointFile();
      await trail.grow(1);
      expect(kept.read().filter(({ number }) => number === 1)).toEqual([unknown]);
      expect(sizeOfCheckpointFile()).toBeLessThan(600 * 1024);
      expect(await verify()).toMatchObject({ intact: true });
    });

    it('keeps every checkpoint as long as PostgreSQL does not show what proves it', async () => {
      await fillCheckpointFile();
      const links = vi.spyOn(trail.module.get(SealsRepository), 'linksBefore');
      links.mockRejectedValue(new Error('a failure of this test'));
      await trail.grow(1);
      expect(trail.module.get(CheckpointFile).read()[0]).toMatchObject({ number: 1 });
      expect(links).toHaveBeenCalledOnce();
    });

    /** As many minutes of sealing do; the same checkpoint again and again, to save time. */
    async function fillCheckpointFile(): Promise<void> {
      const newest = checkpointOf((await trail.module.get(NewestSeal).read())!);
      const path = join(trail.dataDir, 'audit-checkpoints.ndjson');
      appendFileSync(path, `${JSON.stringify(newest)}\n`.repeat(4000));
    }

    function sizeOfCheckpointFile(): number {
      return statSync(join(trail.dataDir, 'audit-checkpoints.ndjson')).size;
    }

    it('ignores checkpoints that are not signed', async () => {
      const forged = {
        number: 9,
        time: '2026-01-01T00:00:00.000Z',
        hash: 'ab'.repeat(32),
        signature: 'cd'.repeat(64),
      };
      expect(await trail.verification.verify({ checkpoints: [forged] })).toMatchObject({ intact: true });
    });

    async function cutTail(): Promise<void> {
      await attacker.change('DELETE FROM audit_events WHERE id = ANY($1)', events.slice(-5));
      await attacker.change(
        'DELETE FROM audit_calls WHERE id = $1',
        (await attacker.ids('audit_calls')).at(-1),
      );
      await attacker.change('DELETE FROM audit_seals WHERE number = 3');
    }
  });

  describe('of seals', () => {
    beforeEach(() => forgetCheckpoints());

    it('finds a missing one', async () => {
      await attacker.change('DELETE FROM audit_seals WHERE number = 2');
      await expectFault('seal:2', 'seal_missing');
    });

    it('finds the first one missing', async () => {
      await attacker.change('DELETE FROM audit_seals WHERE number = 1');
      await expectFault('seal:1', 'seal_missing');
    });

    it.each([
      `time = time + '1 s'`,
      'members = members || members',
      'to_position = to_position + 1',
      `retired = '[]'::jsonb || '{}'`,
    ])('finds an edited one: %s', async (edit) => {
      await attacker.change(`UPDATE audit_seals SET ${edit} WHERE number = 2`);
      await expectFault('seal:2', 'seal_altered');
    });

    it('finds a chain that was recomputed without the key', async () => {
      const seals = trail.module.get(SealsRepository);
      const forged = (await seals.after(1, 1))[0]!;
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[6]);
      const members = Buffer.concat([forged.members.subarray(0, 48), forged.members.subarray(96)]);
      const hash = sealHash({ ...forged, events: forged.events - 1, members });
      await attacker.change(
        `UPDATE audit_seals SET events = events - 1, members = $1, hash = decode($2, 'hex') WHERE number = 2`,
        members,
        hash,
      );
      const last = (await seals.after(2, 1))[0]!;
      await attacker.change(
        `UPDATE audit_seals SET previous = decode($1, 'hex'), hash = decode($2, 'hex') WHERE number = 3`,
        hash,
        sealHash({ ...last, previous: hash }),
      );
      await expectFault('seal:2', 'seal_forged');
    });

    it('finds a record of a dropped partition that the service did not sign', async () => {
      const [month] = await trail.dataSource.query<[{ month: string }]>(
        `SELECT to_char(now(), 'YYYY-MM') AS month`,
      );
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[6]);
      await attacker.change(
        `INSERT INTO audit_seals SELECT (jsonb_populate_record(seal, jsonb_build_object('number', 4, 'retired', $1::jsonb))).*
         FROM audit_seals seal WHERE number = 3`,
        JSON.stringify([{ table: 'audit_events', month: month.month, lastSeal: null }]),
      );
      await expectFault(events[6], 'missing');
    });
  });

  describe('of a part', () => {
    it('verifies only what was sealed in the range', async () => {
      const [, second] = await trail.module.get(SealsRepository).after(0, 3);
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[0]);
      await attacker.change('DELETE FROM audit_events WHERE id = $1', events[12]);
      const time = new Date(second!.time);
      expect(await trail.verification.verify({ from: time, to: time })).toMatchObject({
        intact: true,
        entries: 6,
      });
      expect(await trail.verification.verify({ from: time })).toMatchObject({
        firstFault: { id: events[12] },
      });
      expect(await trail.verification.verify({ to: time })).toMatchObject({ firstFault: { id: events[0] } });
    });

    it('ends before what retention has dropped, whatever the checkpoints say about that', async () => {
      const [first] = await trail.module.get(SealsRepository).after(0, 1);
      const chain = trail.module.get(SealChain);
      await trail.transactions.run(async (tx) => {
        const last = await chain.last(tx);
        await chain.append(tx, last, {
          events: 0,
          calls: 0,
          members: Buffer.alloc(0),
          toPosition: last!.toPosition,
          retired: [{ table: 'audit_seals', month: '2020-01', lastSeal: { number: 1, hash: first!.hash } }],
        });
      });
      await attacker.change('DELETE FROM audit_events WHERE position < $1', first!.toPosition);
      await attacker.change('DELETE FROM audit_calls WHERE position < $1', first!.toPosition);
      await attacker.change('DELETE FROM audit_seals WHERE number = 1');
      expect(await verify()).toMatchObject({ intact: true, entries: 12 });
      const to = new Date(first!.time);
      expect(await trail.verification.verify({ to })).toMatchObject({ intact: true, entries: 0 });
    });

    describe('with the seals around it', () => {
      const HOUR_MS = 3_600_000;
      const timeOf = async (number: number) =>
        new Date((await trail.module.get(SealsRepository).after(number - 1, 1))[0]!.time);
      const verifyPart = async (part: { from?: Date; to?: Date }) =>
        (await trail.verification.verify(part)).firstFault;

      /** Removes one of the three seals together with its entries. */
      async function removeSeal(number: number): Promise<void> {
        const calls = await attacker.ids('audit_calls');
        await attacker.change(
          'DELETE FROM audit_events WHERE id = ANY($1)',
          events.slice(number * 5 - 5, number * 5),
        );
        await attacker.change('DELETE FROM audit_calls WHERE id = $1', calls[number - 1]);
        await attacker.change('DELETE FROM audit_seals WHERE number = $1', number);
      }

      it('finds the first seal of the range deleted with its entries', async () => {
        const from = await timeOf(2);
        await removeSeal(2);
        expect(await verifyPart({ from })).toMatchObject({ id: 'seal:2', kind: 'seal_missing' });
      });

      it('finds the first seal of all deleted with its entries', async () => {
        const from = await timeOf(1);
        await removeSeal(1);
        expect(await verifyPart({ from })).toMatchObject({ id: 'seal:1', kind: 'seal_missing' });
      });

      it('finds the last seal of the range deleted with its entries', async () => {
        const to = await timeOf(2);
        await removeSeal(2);
        expect(await verifyPart({ to })).toMatchObject({ id: 'seal:2', kind: 'seal_missing' });
      });

      it.each(['number = 1', 'number = 3'])(
        'finds an edit of the seal where the range begins or ends: %s',
        async (which) => {
          const time = await timeOf(2);
          await attacker.change(`UPDATE audit_seals SET events = events + 1 WHERE ${which}`);
          expect(await verifyPart({ from: time, to: time })).toMatchObject({ kind: 'seal_altered' });
        },
      );

      it('finds a seal that was moved out of the range', async () => {
        const time = await timeOf(2);
        await attacker.change(`UPDATE audit_seals SET time = time - '1 s'::interval WHERE number = 2`);
        expect(await verifyPart({ from: time })).toMatchObject({ id: 'seal:2', kind: 'seal_altered' });
      });

      it('finds a cut tail by a checkpoint within the range, but not by a later one', async () => {
        const [second, third] = [await timeOf(2), await timeOf(3)];
        await removeSeal(3);
        expect(await verifyPart({ to: third })).toMatchObject({ id: 'seal:3', kind: 'tail_cut' });
        expect(await verifyPart({ to: second })).toBeNull();
      });

      it('ignores an end in the future', async () => {
        const to = new Date(Date.now() + HOUR_MS);
        await trail.record(1);
        const id = (await attacker.ids('audit_events')).at(-1)!;
        expect(await trail.verification.verify({ to })).toMatchObject({ intact: true, entries: 19 });
        await attacker.change('UPDATE audit_events SET address = NULL WHERE id = $1', id);
        expect(await verifyPart({ to })).toMatchObject({ id, kind: 'forged' });
        await removeSeal(3);
        expect(await verifyPart({ to })).toMatchObject({ kind: 'forged' });
        await attacker.change('DELETE FROM audit_events WHERE id = $1', id);
        expect(await verifyPart({ to })).toMatchObject({ id: 'seal:3', kind: 'tail_cut' });
      });
    });
  });
});
