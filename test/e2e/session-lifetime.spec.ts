import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ManualClock } from '../support/time/manual-clock.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('a session', () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      clock,
      variables: {
        JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '30',
        JWT_REFRESH_TOKEN_EXPIRE_DAYS: '7',
        SESSION_MAX_DAYS: '30',
      },
    });
  });
  afterAll(() => app.close());

  const refresh = ({ refreshToken }: Pick<Tokens, 'refreshToken'>) =>
    app.call({ url: '/auth/refresh', body: { refreshToken } });
  const refreshed = async (tokens: Pick<Tokens, 'refreshToken'>): Promise<Tokens> => {
    const answer = await refresh(tokens);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<Tokens>();
  };
  const codeOf = async (answer: ReturnType<typeof app.call>) => (await answer).json().code as string;

  it('gives access to the API until the access token expires, and not a second longer', async () => {
    const { accessToken, expiresIn } = await createPerson(app);
    expect(expiresIn).toBe(1800);
    clock.advance(30 * MINUTE_MS - 1000);
    expect((await app.call({ url: '/users/me', token: accessToken })).statusCode).toBe(200);
    clock.advance(1000);
    expect(await codeOf(app.call({ url: '/users/me', token: accessToken }))).toBe('invalid_token');
  });

  it('ends after seven idle days', async () => {
    const idle = await createPerson(app);
    const used = await createPerson(app);
    expect(idle.refreshExpiresIn).toBe((7 * DAY_MS) / 1000);
    clock.advance(7 * DAY_MS - 1000);
    await refreshed(used);
    clock.advance(1000);
    expect(await codeOf(refresh(idle))).toBe('session_ended');
  });

  it('ends after thirty days, even if it is refreshed, and announces its end', async () => {
    let tokens = await createPerson(app);
    const endMs = Date.parse(tokens.session.expiresAt);
    expect(endMs - Date.parse(tokens.session.createdAt)).toBe(30 * DAY_MS);
    for (let day = 0; day < 30; day += 6) {
      expect(tokens.refreshExpiresIn).toBe(Math.min(7 * DAY_MS, endMs - clock.nowMs()) / 1000);
      clock.advance(Math.min(6 * DAY_MS, endMs - clock.nowMs() - 10 * MINUTE_MS));
      tokens = await refreshed(tokens);
      expect(Date.parse(tokens.session.expiresAt)).toBe(endMs);
    }
    expect([tokens.expiresIn, tokens.refreshExpiresIn]).toEqual([600, 600]);
    clock.advance(10 * MINUTE_MS);
    expect(await codeOf(refresh(tokens))).toBe('session_ended');
    expect(await codeOf(app.call({ url: '/users/me', token: tokens.accessToken }))).toBe('invalid_token');
  });
});
