import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartitionsRepository } from '../../../src/audit/partitions/partitions.repository.js';
import { SealingRound } from '../../../src/audit/seals/sealing-round.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

const NEW_ID = 'ffffffff-0000-7000-8000-000000000000';
const CHECK_VIOLATION = '23514';

/** Valid values of PostgreSQL's bigint that are not valid positions. */
const OUTSIDE = ['-9223372036854775808', '-1', '9007199254740992', '9223372036854775807'];

describe('Positions', () => {
  let trail: Trail;
  let attacker: Tamperer;
  let event: string;

  const verify = () => trail.verification.verify();
  const dropChecks = () =>
    attacker.run('ALTER TABLE audit_events DROP CONSTRAINT audit_events_position_range');
  const insertAt = (position: string) => attacker.copy(event, { id: NEW_ID, position });

  beforeEach(async () => {
    trail = await startTrail();
    attacker = await Tamperer.on(trail.database.superuserUrl);
    await trail.grow(5);
    event = (await attacker.ids('audit_events'))[0]!;
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it.each(OUTSIDE)('that verification does not read are rejected by both tables: %s', async (position) => {
    for (const table of ['audit_events', 'audit_calls']) {
      const copy = attacker.change(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(copy, jsonb_build_object('position', $1::bigint))).*
         FROM ${table} copy`,
        position,
      );
      await expect(copy).rejects.toMatchObject({ code: CHECK_VIOLATION });
    }
  });

  it.each(OUTSIDE)('are detected there if the check was removed: %s', async (position) => {
    await dropChecks();
    await insertAt(position);
    const found = { intact: false, firstFault: { id: NEW_ID, kind: 'inserted' } };
    expect(await verify()).toMatchObject(found);
    await trail.grow(3);
    expect(await verify()).toMatchObject(found);
    expect(await trail.verification.verifyNew()).toMatchObject(found);
  });

  it('are detected as missing if they were made optional', async () => {
    await attacker.run('ALTER TABLE audit_events ALTER position DROP NOT NULL');
    await attacker.copy(event, { id: NEW_ID, position: null });
    expect(await verify()).toMatchObject({ firstFault: { id: NEW_ID, kind: 'inserted' } });
  });

  it('are read up to the last one', async () => {
    await insertAt('9007199254740991');
    expect(await verify()).toMatchObject({ firstFault: { id: NEW_ID, kind: 'forged' } });
  });

  it.each(['4503599627370495', '9007199254740991', '9223372036854775807'])(
    'do not jump to the end of the range because of a forged row there: %s',
    async (position) => {
      await dropChecks();
      await insertAt(position);
      const sealedTo = await trail.module.get(SealingRound).sealedTo();
      expect(await trail.module.get(PartitionsRepository).rebasePositions(sealedTo)).toBe(false);
      await trail.grow(3);
      expect(await trail.types()).toHaveLength(11);
    },
  );

  it('that the role of the service drove to the limit do not stop a start, whatever it inserts', async () => {
    const months = trail.module.get(PartitionsRepository);
    expect(await months.rebasePositions(4503599627370496)).toBe(true);
    await trail.grow(3);
    await dropChecks();
    await insertAt('4503603922337000');
    const next = await startTrail({ database: trail.database });
    await next.grow(3);
    expect(await next.types()).toHaveLength(15);
    await next.stop();
  });
});
