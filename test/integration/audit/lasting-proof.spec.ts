import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErasureProof } from '../../../src/audit/erasure/erasure-proof.js';
import { ErasureTask } from '../../../src/audit/erasure/erasure-task.js';
import { ErasedFile } from '../../../src/audit/erasure/erased-file.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { mostInATurn } from '../../support/event-loop/most-in-a-turn.js';
import { ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

const FORMER = 'a former master secret, thirty-two bytes or more';
const CURRENT = 'the current master secret, thirty-two bytes or more';

/** `erased.ndjson` of a new `DATA_DIR` has everybody whose row has a code that can be checked. */
describe('The proof that the service deleted somebody', () => {
  let trail: Trail;
  let userId: string;

  beforeEach(async () => {
    userId = randomUUID();
    trail = await startTrail({ settings: { JWT_SECRET_KEY: CURRENT, JWT_SECRET_KEY_PREVIOUS: [FORMER] } });
    // The test decides when they run.
    await trail.module.get(ErasureTask).onModuleDestroy();
    await trail.module.get(ErasedFile).onModuleDestroy();
    await trail.audit.recordAlone({
      type: 'user_deleted',
      outcome: 'success',
      userId,
      origin: { ...ORIGIN, actor: { actor: 'cli', operator: 'root' } },
      details: {},
    });
  });
  afterEach(() => trail.stop());

  const insert = (erasedAt: Date | null, mac: Buffer | null) =>
    trail.dataSource.query(
      'INSERT INTO erasures (user_id, deleted_at, due_at, erased_at, mac) VALUES ($1, now(), now(), $2, $3)',
      [userId, erasedAt, mac],
    );
  const codeUnder = (secret: string) =>
    new ErasureProof(new MasterKey(secret), null!).codeOf({ userId, actor: null });
  const code = async () => {
    await trail.module.get(ErasedFile).update();
    const [row] = await trail.dataSource.query<[{ mac: Buffer | null }]>('SELECT mac FROM erasures');
    return row.mac;
  };

  it('is a code from now on if it was the event of the deletion', async () => {
    await insert(new Date(), null);
    expect(await code()).toEqual(codeUnder(FORMER));
  });

  it('stays the event while the erasure is not finished', async () => {
    await insert(null, null);
    expect(await code()).toBeNull();
  });

  it('is a code of the current secret, also if that replaces the former one while the service runs', async () => {
    await insert(new Date(), codeUnder(FORMER));
    expect(await code()).toEqual(codeUnder(FORMER));
    const master = trail.module.get(MasterKey);
    master.makeWith(master.ids[0]!);
    expect(await code()).toEqual(codeUnder(CURRENT));
  });

  it('keeps a code of a secret that only other instances use by now', async () => {
    await insert(new Date(), codeUnder(CURRENT));
    expect(await code()).toEqual(codeUnder(CURRENT));
  });

  it('lets other work proceed after few people of many', async () => {
    const userIds = Array.from({ length: 1500 }, () => randomUUID());
    await trail.dataSource.query(
      `INSERT INTO erasures (user_id, deleted_at, due_at, erased_at, mac)
       SELECT id, now(), now(), now(), mac FROM unnest($1::uuid[], $2::bytea[]) AS person (id, mac)`,
      [
        userIds,
        userIds.map((id) =>
          new ErasureProof(new MasterKey(CURRENT), null!).codeOf({ userId: id, actor: null }),
        ),
      ],
    );
    const file = trail.module.get(ErasedFile);
    const { most, all } = await mostInATurn(trail.module.get(ErasureProof), 'isCoded', async () => {
      while (await file.update());
    });
    expect(all).toBeGreaterThanOrEqual(1500);
    expect(most).toBeLessThanOrEqual(300);
  });
});
