import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, newAddress, PASSWORD, signUp } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

describe("the language of an account's mails", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const registered = async (body: object, headers = {}) => {
    const email = newAddress();
    const answer = await app.call({
      url: '/auth/register',
      body: { email, password: PASSWORD, ...body },
      headers,
    });
    expect(answer.statusCode).toBe(201);
    const { user } = await logIn(app, email);
    expect(user).toEqual(answer.json());
    return answer.json<{ locale: string }>().locale;
  };

  it('is the one of the registration, or else what the browser prefers, or else English', async () => {
    const german = { 'accept-language': 'de-AT, en;q=0.5' };
    expect(await registered({})).toBe('en');
    expect(await registered({}, german)).toBe('de');
    expect(await registered({ locale: null }, german)).toBe('de');
    expect(await registered({ locale: 'en' }, german)).toBe('en');
    expect(await registered({ locale: 'de' })).toBe('de');
  });

  it('is changed with the profile, and kept where the profile does not name it', async () => {
    const { accessToken: token } = await signUp(app);
    const put = (body: object) => app.call({ method: 'PUT', url: '/users/me', body, token });
    expect((await put({ displayName: 'Ada', locale: 'de' })).json()).toMatchObject({ locale: 'de' });
    expect((await put({ displayName: 'Ada L.' })).json()).toMatchObject({ locale: 'de' });
    expect((await app.call({ url: '/users/me', token })).json()).toMatchObject({
      displayName: 'Ada L.',
      locale: 'de',
    });
  });

  it.each(['DE', 'fr', '', 7, ['de']])('is not %j', async (locale) => {
    const { accessToken: token } = await signUp(app);
    const email = newAddress();
    const answers = await Promise.all([
      app.call({ url: '/auth/register', body: { email, password: PASSWORD, locale } }),
      app.call({ method: 'PUT', url: '/users/me', body: { displayName: null, locale }, token }),
    ]);
    for (const answer of answers) {
      expect([answer.statusCode, answer.json().errors]).toEqual([
        400,
        [{ pointer: '#/locale', detail: 'locale must be one of en, de' }],
      ]);
    }
  });
});
