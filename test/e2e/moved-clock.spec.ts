import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RepeatingTask } from '../../src/platform/clock/repeating-task.js';
import { MovableClock } from '../../src/ephemeral/time/movable-clock.js';
import { logIn, newAddress, PASSWORD, register, type Tokens } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const DAY_MS = 86_400_000;
const AHEAD_MS = 400 * DAY_MS;

describe('A clock that is 400 days ahead', () => {
  const clock = new MovableClock();
  let app: TestApp;
  let before: Tokens;
  beforeAll(async () => {
    app = await startApp({
      clock,
      variables: {
        RATE_LIMIT_LOGIN: '3/60',
        RESPOND_BLOCK_ADDRESS: 'token_forgery',
        DETECT_TOKEN_FORGERY: '1/300',
      },
    });
    before = await logIn(app, await register(app));
    await RepeatingTask.runAll();
    clock.advance(AHEAD_MS);
    await RepeatingTask.runAll();
  });
  afterAll(() => app.close());

  const me = async ({ accessToken }: Tokens) =>
    (await app.call({ url: '/users/me', token: accessToken })).statusCode;
  const refresh = ({ refreshToken }: Tokens) => app.call({ url: '/auth/refresh', body: { refreshToken } });
  const guess = (email: string) =>
    app.call({ url: '/auth/login', body: { email, password: 'not it', tokenTransport: 'body' } });

  /** Columns of times of the rows that were written since, by the machine’s clock or PostgreSQL’s. */
  async function columnsOnAnotherClock(): Promise<string[]> {
    const columns = (await asSuperuser(
      app.database,
      `SELECT c.table_name AS "table", c.column_name AS "column" FROM information_schema.columns c
       JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE c.table_schema = 'public' AND c.data_type LIKE 'timestamp%' AND t.table_type = 'BASE TABLE'
         AND c.table_name !~ '_\\d{4}_\\d{2}$'`,
    )) as unknown as { table: string; column: string }[];
    expect(columns.length).toBeGreaterThan(20);
    const found: string[] = [];
    for (const { table, column } of columns) {
      const rows = await asSuperuser(
        app.database,
        `SELECT 1 FROM ${table} WHERE ${column} BETWEEN $1::timestamptz AND $1::timestamptz + interval '1 day'`,
        [movedAt],
      );
      if (rows.length > 0) found.push(`${table}.${column}`);
    }
    return found;
  }

  let movedAt: Date;
  beforeAll(() => {
    movedAt = new Date();
  });

  it('has ended sessions, and new ones last as long as ever', async () => {
    expect(await me(before)).toBe(401);
    expect((await refresh(before)).json()).toMatchObject({ code: 'session_ended' });
    const tokens = await logIn(app, await register(app));
    expect(await me(tokens)).toBe(200);
    clock.advance(31 * 60_000);
    expect(await me(tokens)).toBe(401);
    const renewed = await refresh(tokens);
    expect(renewed.statusCode).toBe(200);
    expect((await refresh(tokens)).statusCode).toBe(200);
    clock.advance(11_000);
    expect((await refresh(tokens)).json()).toMatchObject({ code: 'refresh_token_reused' });
  });

  it('moves windows and waits along', async () => {
    const email = await register(app);
    const statuses = async (count: number) => {
      const answers = [];
      for (let index = 0; index < count; index += 1) answers.push((await guess(email)).statusCode);
      return answers;
    };
    expect(await statuses(4)).toEqual([401, 401, 401, 429]);
    clock.advance(61_000);
    expect(await statuses(3)).toEqual([401, 401, 401]);
    clock.advance(61_000);
    expect(await statuses(3)).toEqual([401, 401, 401]);
    clock.advance(61_000);
    // The tenth failure in a row begins a wait of 30 s.
    expect(await statuses(2)).toEqual([401, 429]);
    clock.advance(31_000);
    expect(await statuses(1)).toEqual([401]);
    await RepeatingTask.runAll();
  });

  it('is the only one that anything is stored by', async () => {
    const tokens = await logIn(app, await register(app));
    await refresh(tokens);
    await app.call({ url: '/auth/logout', method: 'POST', token: tokens.accessToken });
    const email = newAddress();
    await register(app, email);
    await app.call({ url: '/auth/login', body: { email, password: PASSWORD } });
    for (let index = 0; index < 2; index += 1)
      await app.call({ url: '/users/me', token: `${before.accessToken.slice(0, -8)}${'A'.repeat(8)}` });
    await RepeatingTask.runAll();
    await RepeatingTask.runAll();
    expect(await columnsOnAnotherClock()).toEqual([]);
    await asSuperuser(app.database, 'UPDATE users SET updated_at = now() WHERE email = $1', [email]);
    expect(await columnsOnAnotherClock()).toEqual(['users.updated_at']);
  });

  it('can go back, and people sign in as before', async () => {
    // The forged tokens have blocked this address until a time that is 400 days away now.
    await asSuperuser(app.database, 'DELETE FROM address_blocks');
    clock.reset();
    await RepeatingTask.runAll();
    const tokens = await logIn(app, await register(app));
    expect(await me(tokens)).toBe(200);
    expect((await refresh(tokens)).statusCode).toBe(200);
  });
});
