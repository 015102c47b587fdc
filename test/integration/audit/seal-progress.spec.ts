import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealProgress } from '../../../src/audit/seals/seal-progress.js';
import { ADVISORY_LOCKS } from '../../../src/platform/database/advisory-locks.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { CREATED, startTrail, type Trail } from '../../support/audit/trail.js';

describe('SealProgress', () => {
  let trail: Trail;
  let clock: ManualClock;
  let attacker: Tamperer;
  const read = () => trail.module.get(SealProgress).read();

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    trail = await startTrail({ clock });
    attacker = await Tamperer.on(trail.database.superuserUrl);
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('reports nothing for an empty trail, or for one that is sealed to its end', async () => {
    expect(await read()).toEqual({ number: 0, unsealedSeconds: 0 });
    await trail.grow(3);
    clock.advance(3_600_000);
    expect(await read()).toEqual({ number: 1, unsealedSeconds: 0 });
  });

  it('reports how long the oldest entry has been waiting', async () => {
    await trail.record(1);
    clock.advance(20_000);
    await trail.record(1);
    clock.advance(5000);
    expect(await read()).toEqual({ number: 0, unsealedSeconds: 25 });
    await trail.sealed();
    expect(await read()).toEqual({ number: 1, unsealedSeconds: 0 });
  });

  it('grows while somebody else holds the lock of the sealer', async () => {
    await trail.grow(1);
    // Any role that can connect to the database can take this lock.
    await attacker.run(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.seals})`);
    await trail.record(1);
    await trail.sealed();
    clock.advance(90_000);
    expect(await read()).toEqual({ number: 1, unsealedSeconds: 90 });
    await attacker.run(`SELECT pg_advisory_unlock(${ADVISORY_LOCKS.seals})`);
    await trail.sealed();
    expect(await read()).toEqual({ number: 2, unsealedSeconds: 0 });
  });

  it('grows while a transaction stays open', async () => {
    await trail.transactions.run(async (tx) => {
      await trail.audit.record(tx, CREATED);
      await trail.record(1);
      await trail.sealed();
      clock.advance(90_000);
      expect(await read()).toEqual({ number: 0, unsealedSeconds: 90 });
    });
  });

  it('grows even if the first waiting entry claims a later time', async () => {
    await trail.grow(1);
    await attacker.run(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.seals})`);
    const [id] = await attacker.ids('audit_events');
    const position = `(SELECT max(to_position) FROM audit_seals)`;
    await attacker.change(
      `INSERT INTO audit_events SELECT (jsonb_populate_record(copy,
         jsonb_build_object('time', now() + '1 day'::interval, 'position', ${position}))).* FROM audit_events copy WHERE id = $1`,
      id,
    );
    await trail.record(1);
    expect(await read()).toEqual({ number: 1, unsealedSeconds: 0 });
    clock.advance(90_000);
    expect(await read()).toEqual({ number: 1, unsealedSeconds: 90 });
  });
});
