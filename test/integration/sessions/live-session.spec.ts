import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { liveOwnerOf } from '../../../src/sessions/live-session.js';
import { RotationsRepository } from '../../../src/sessions/refresh/rotations.repository.js';
import { SessionsRepository } from '../../../src/sessions/sessions.repository.js';
import { User } from '../../../src/users/user.entity.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';

const NOW = new Date('2030-01-01T00:00:00.000Z');
const fromNow = (ms: number) => new Date(NOW.getTime() + ms);
const AROUND = [-1, 0, 1].map(fromNow);

const ENABLED = Object.assign(new User(), { disabledAt: null });

const ROWS = [null, fromNow(-1), fromNow(1)].flatMap((revokedAt) =>
  AROUND.flatMap((idleEnd) =>
    AROUND.flatMap((end) =>
      (['enabled', 'disabled', 'deleted'] as const).map((owner) => ({ revokedAt, idleEnd, end, owner })),
    ),
  ),
);

describe('Whether a session is live', () => {
  let app: TestApp;
  let sessions: SessionsRepository;
  let rotations: RotationsRepository;
  let transactions: TransactionRunner;
  let userId: string;
  let sessionId: string;

  beforeAll(async () => {
    app = await startApp();
    const person = await createPerson(app);
    userId = person.user.id;
    sessionId = person.session.id;
    sessions = app.app.get(SessionsRepository, { strict: false });
    rotations = app.app.get(RotationsRepository, { strict: false });
    transactions = app.app.get(TransactionRunner, { strict: false });
  });
  afterAll(() => app.close());

  /** Gives the session and its owner these values; returns the id by which the session names its owner. */
  const store = async ({ revokedAt, idleEnd, end, owner }: (typeof ROWS)[number]) => {
    const ownerId = owner === 'deleted' ? randomUUID() : userId;
    await asSuperuser(
      app.database,
      `WITH owner AS (UPDATE users SET disabled_at = $2 WHERE id = $1)
       UPDATE sessions SET user_id = $4, revoked_at = $5, idle_expires_at = $6, expires_at = $7 WHERE id = $3`,
      [userId, owner === 'disabled' ? NOW : null, sessionId, ownerId, revokedAt, idleEnd, end],
    );
    return ownerId;
  };

  it('is the same in the service and in every statement', async () => {
    const live: object[] = [];
    for (const row of ROWS) {
      const ownerId = await store(row);
      const locked = await transactions.run((tx) => sessions.lock(tx, sessionId));
      const owner = liveOwnerOf(locked!, NOW);
      if (owner) live.push(row);

      const found = await sessions.findLive(sessionId, NOW);
      expect(found, JSON.stringify(row)).toEqual(owner && { session: locked!.session, owner });

      // These ask about the session only, so an enabled owner stands in for the row's.
      const isLive = liveOwnerOf({ ...locked!, owner: ENABLED }, NOW) !== null;
      const ofUser = await sessions.findLiveOfUser(ownerId, NOW);
      const beyond = await transactions.run((tx) => sessions.findLiveBeyond(tx, ownerId, NOW, 0));
      const due = await rotations.ownerIfDue({ sessionId, generation: 0 }, NOW);
      expect([ofUser, beyond, due], JSON.stringify(row)).toEqual(
        isLive ? [[locked!.session], [sessionId], ownerId] : [[], [], null],
      );
    }
    expect(live).toEqual([{ revokedAt: null, idleEnd: fromNow(1), end: fromNow(1), owner: 'enabled' }]);
  });
});
