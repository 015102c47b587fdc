import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app/test-app.js';

const PAGES = ['verify', 'reset', 'invitation', 'undo', 'device', 'recovery', 'recovery/finish'];

describe('an account page', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ variables: { PRODUCT_NAME: '<b>Acme</b>', RATE_LIMIT_DEFAULT: '3/60' } });
  });
  afterAll(() => app.close());

  const page = (path: string, language = 'en') =>
    app.call({ url: `/account/${path}`, headers: { 'accept-language': language } });

  it.each(PAGES)(
    'at /account/%s is in the language of the browser, with the name of the product',
    async (path) => {
      const english = await page(path);
      const german = await page(path, 'de-AT, en;q=0.5');
      expect([english.statusCode, german.statusCode]).toEqual([200, 200]);
      expect(english.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(english.headers['vary']).toContain('Accept-Language');
      expect([english.body, german.body].map((body) => /<html lang="(..)">/.exec(body)![1])).toEqual([
        'en',
        'de',
      ]);
      expect(english.body).toMatch(/<title>[^<]+ – &lt;b&gt;Acme&lt;\/b&gt;<\/title>/);
      expect(english.body).not.toContain('<b>Acme');
    },
  );

  it('loads its own parts only, which are not limited', async () => {
    const { headers, body } = await page('reset');
    const policy = String(headers['content-security-policy']);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect([headers['referrer-policy'], headers['cache-control']]).toEqual(['no-referrer', 'no-store']);
    expect(body).not.toMatch(/<style|style=|<script(?! type="module" src=)|\son\w+=|https?:/i);
    const parts = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts).toHaveLength(4);
    for (const part of parts)
      for (let times = 0; times < 5; times += 1)
        expect([part, (await page(part)).statusCode]).toEqual([part, 200]);
  });

  it('counts in the default limit', async () => {
    await page('device');
    await page('device');
    await page('device');
    expect((await page('device')).statusCode).toBe(429);
  });

  it.each(['', 'nothing', 'assets/', 'assets/account.ts', 'assets/..%2faccount-page.js'])(
    'does not exist at /account/%s',
    async (path) => {
      expect((await page(path)).statusCode).toBe(404);
    },
  );

  it('does not exist where the operator has pages of their own', async () => {
    const other = await startApp({ variables: { ACCOUNT_PAGES_ENABLED: 'false' } });
    for (const path of [...PAGES, 'assets/account.js'])
      expect([path, (await other.call({ url: `/account/${path}` })).statusCode]).toEqual([path, 404]);
    await other.close();
  });
});
