import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { STATEMENTS, type StatementMessage } from '../../../src/platform/database/statement-channel.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { RefreshTokens } from '../../../src/sessions/refresh/refresh-tokens.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { insist } from '../../support/app/insist.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { RACE_ROUNDS } from '../../support/races/race-rounds.js';
import { eventually } from '../../support/time/eventually.js';

const RUNS = Array.from({ length: RACE_ROUNDS }, (_, run) => run + 1);
const WAYS = 16;

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly refreshToken?: string;
}

describe('a rotation over two instances', { timeout: 60_000 }, () => {
  let apps: readonly [TestApp, TestApp];
  let person: Tokens;
  beforeAll(async () => {
    const first = await startApp();
    apps = [first, await startBeside(first)];
  });
  afterAll(async () => {
    await apps[1].close();
    await apps[0].close();
  });
  beforeEach(async () => {
    person = await createPerson(apps[0]);
  });

  const refresh = async (app: TestApp, refreshToken: string, userAgent = 'Browser/1'): Promise<Answer> => {
    const headers = { 'user-agent': userAgent };
    const answer = await insist(() => app.call({ url: '/auth/refresh', body: { refreshToken }, headers }));
    return { status: answer.statusCode, ...answer.json<Omit<Answer, 'status'>>() };
  };
  const atOnce = (refreshToken: string, count = WAYS): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => refresh(apps[index % 2]!, refreshToken)));
  const rotated = async (token = person.refreshToken): Promise<string> =>
    (await refresh(apps[0], token)).refreshToken!;
  const minted = (answers: readonly Answer[]) =>
    [...new Set(answers.map(({ refreshToken }) => refreshToken))].filter((token) => token !== undefined);

  const inDatabase = <T extends object>(statement: string, ...values: unknown[]) =>
    asSuperuser<T & Record<string, unknown>>(apps[0].database, statement, [person.session.id, ...values]);
  const row = async () => {
    const [session] = await inDatabase<{ generation: number; rotated_at: Date; revoked_at: Date | null }>(
      'SELECT generation, rotated_at, revoked_at FROM sessions WHERE id = $1',
    );
    return session!;
  };
  /** Moves the last rotation back, so that it seems to be this long ago. */
  const rotatedAgo = (ms: number) =>
    inDatabase(`UPDATE sessions SET rotated_at = clock_timestamp() - $2 * interval '1 ms' WHERE id = $1`, ms);
  const events = async () => {
    const rows = await inDatabase<{ type: string; details: { generation: number; replayed: boolean } }>(
      `SELECT type, details FROM audit_events WHERE session_id = $1 AND type NOT IN ('session_created', 'authn_login_success')
       ORDER BY position`,
    );
    return rows.map(({ type, details }) =>
      type === 'session_renewed'
        ? `${details.replayed ? 'replayed' : 'rotated'} ${details.generation}`
        : type,
    );
  };
  const expectEnded = async (answers: readonly Answer[]) => {
    for (const token of minted(answers)) expect((await refresh(apps[0], token)).code).toBe('session_ended');
    expect((await row()).revoked_at).not.toBeNull();
  };

  it('that is due takes two statements and no transaction', async () => {
    const texts: string[] = [];
    const note = (message: unknown) => void texts.push((message as StatementMessage).text);
    subscribe(`tracing:${STATEMENTS}:start`, note);
    onTestFinished(() => void unsubscribe(`tracing:${STATEMENTS}:start`, note));
    await rotated();
    const own = texts.filter((text) => text.includes('session.generation'));
    expect(own.map((text) => text.slice(0, 14))).toEqual(['SELECT user_id', 'WITH locked AS']);
    expect(own.filter((text) => text.includes('START TRANSACTION'))).toEqual([]);
    expect(await events()).toEqual(['rotated 1']);
  });

  it('is moved by sixteen uses of the current token by one generation, once the window has passed', async () => {
    const token = await rotated();
    await rotatedAgo(10_001);
    const answers = await atOnce(token);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(minted(answers)).toHaveLength(1);
    expect((await row()).generation).toBe(2);
    const renewals = (await events()).slice(1);
    expect(renewals.toSorted()).toEqual([
      ...Array.from({ length: WAYS - 1 }, () => 'replayed 2'),
      'rotated 2',
    ]);
  });

  it.each(RUNS)('is made at most once at the edge of the ten seconds (run %i)', async () => {
    const token = await rotated();
    await rotatedAgo(9_980);
    const answers = await atOnce(token, 3 * WAYS);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await row()).generation).toBeLessThanOrEqual(2);
    const all = await events();
    expect(all.filter((event) => event.startsWith('rotated'))).toHaveLength((await row()).generation);
    // A response before the edge has the token itself, one after it the next.
    expect(minted(answers).length).toBeLessThanOrEqual(2);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'a logout',
      () =>
        apps[1].call({ method: 'POST', url: '/auth/logout', body: { refreshToken: person.refreshToken } }),
    ],
    [
      'the end of the account’s access',
      () =>
        apps[1].app
          .get(AccountAdministration, { strict: false })
          .disable(person.user.email, internalOrigin('operator')),
    ],
    ['the use of an old token', () => refresh(apps[1], person.refreshToken, 'Thief/1')],
  ])('at the same instant as %s leaves no live session', async (_what, end) => {
    const token = await rotated();
    await rotatedAgo(10_001);
    const [answers] = await Promise.all([atOnce(token), end()]);
    expect(answers.every(({ status, code }) => status === 200 || code === 'session_ended')).toBe(true);
    await expectEnded(answers);
  });

  it('waits for whoever holds the row, decides on what it then finds, and is timed after the wait', async () => {
    const token = await rotated();
    await rotatedAgo(10_001);
    const holder = new Client(apps[0].database.superuserUrl);
    await holder.connect();
    onTestFinished(() => holder.end());
    await holder.query('BEGIN');
    await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [person.session.id]);
    const answer = refresh(apps[0], token);
    await eventually(async () =>
      expect(
        await asSuperuser(
          apps[0].database,
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT session.%' AND datname = current_database()`,
        ),
      ).toHaveLength(1),
    );
    const { rows } = await holder.query<{ released: Date }>('SELECT clock_timestamp() AS released');
    await holder.query('COMMIT');
    expect((await answer).status).toBe(200);
    expect((await row()).rotated_at.getTime()).toBeGreaterThanOrEqual(rows[0]!.released.getTime());
  });

  it('is undone if its event is not written', async () => {
    const { database } = apps[0];
    await asSuperuser(
      database,
      `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
    );
    await asSuperuser(
      database,
      'CREATE TRIGGER swallow BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION swallow()',
    );
    const answer = await apps[0].call({ url: '/auth/refresh', body: { refreshToken: person.refreshToken } });
    await asSuperuser(database, 'DROP TRIGGER swallow ON audit_events; DROP FUNCTION swallow');
    expect([answer.statusCode, (await row()).generation, await events()]).toEqual([503, 0, []]);
    await rotated();
    expect(await events()).toEqual(['rotated 1']);
  });

  it.each([
    ['whose owner is disabled', `UPDATE users SET disabled_at = now() WHERE id = $1`, 'session_ended'],
    ['whose owner is deleted', `DELETE FROM users WHERE id = $1`, 'session_ended'],
    ['that is idle', `UPDATE sessions SET idle_expires_at = now() WHERE user_id = $1`, 'session_ended'],
    ['that has expired', `UPDATE sessions SET expires_at = now() WHERE user_id = $1`, 'session_ended'],
    ['that was revoked', `UPDATE sessions SET revoked_at = now() WHERE user_id = $1`, 'session_ended'],
    [
      'that another version has rotated',
      `UPDATE sessions SET generation = 3 WHERE user_id = $1`,
      'refresh_token_reused',
    ],
  ])('is refused of a session %s', async (_what, change, code) => {
    await asSuperuser(apps[0].database, change, [person.user.id]);
    expect((await refresh(apps[0], person.refreshToken)).code).toBe(code);
  });

  it('is refused of a generation that no session can reach', async () => {
    const generation = 2 ** 32 - 1;
    const token = apps[0].app.get(RefreshTokens).mint({ sessionId: person.session.id, generation });
    expect((await refresh(apps[0], token)).code).toBe('refresh_token_reused');
  });

  it('does not extend a session beyond its absolute limit', async () => {
    const [before] = await inDatabase<{ expires_at: Date }>(
      `UPDATE sessions SET expires_at = now() + interval '1 hour' WHERE id = $1 RETURNING expires_at`,
    );
    await rotated();
    const [after] = await inDatabase<{ idle_expires_at: Date }>(
      'SELECT idle_expires_at FROM sessions WHERE id = $1',
    );
    expect(after!.idle_expires_at).toEqual(before!.expires_at);
  });
});
