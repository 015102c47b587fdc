import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAddress, PASSWORD, register } from '../../support/app/accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';

describe.skipIf(lacksChromium)('Swagger UI in Chromium', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  const messages: string[] = [];
  const failed: string[] = [];
  beforeAll(async () => {
    app = await startApp({ listen: true });
    browser = await startChromium();
    page = await browser.newPage();
    page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => messages.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(`${app.url}/docs`);
    await page.waitForSelector('.opblock');
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const operation = (id: string) => page.locator(`[id$="-${id}"]`);
  const open = (id: string) => operation(id).locator('.opblock-summary-control').click();
  const execute = async (id: string) => {
    const one = operation(id);
    await one.locator('button.execute').click();
    const live = one.locator('.live-responses-table .response');
    await live.waitFor();
    return {
      status: await live.locator('.response-col_status').innerText(),
      body: await live.locator('.highlight-code, pre').first().innerText(),
    };
  };

  it('loads all of its files, including the icon, without console messages', async () => {
    expect([messages, failed]).toEqual([[], []]);
    const icons = await page.evaluate<string[]>(
      `Promise.all([...document.querySelectorAll('link[rel=icon]')].map((link) =>
        fetch(link.href).then((icon) => icon.headers.get('content-type'))))`,
    );
    expect(new Set(icons)).toEqual(new Set(['image/png']));
    expect(icons).not.toHaveLength(0);
  });

  it('shows a padlock for routes that read credentials, and none for public routes', async () => {
    const locks = async (id: string) => operation(id).locator('.authorization__btn').count();
    for (const id of [
      'registerAccount',
      'logIn',
      'refreshTokens',
      'listRateLimits',
      'getJwks',
      'getReadiness',
    ])
      expect([id, await locks(id)]).toEqual([id, 0]);
    for (const id of ['getOwnAccount', 'listOwnActivity', 'listAuditEntries', 'listAlerts', 'logOut'])
      expect([id, await locks(id)]).toEqual([id, 1]);
  });

  it('begins with registration and login, and has no operation longer than a few screens', async () => {
    const ids = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[id^=operations-auth-]')].map(({ id }) => id)`,
    );
    expect(ids.slice(0, 2)).toEqual(['operations-auth-registerAccount', 'operations-auth-logIn']);
    await open('logIn');
    // While the examples are being rendered, it is longer.
    await expect.poll(async () => (await operation('logIn').boundingBox())?.height).toBeLessThan(2800);
  });

  it('can try out a login and then a protected route', async () => {
    const email = await register(app, newAddress());
    const login = operation('logIn').locator('textarea.body-param__text');
    await login.fill(JSON.stringify({ email, password: PASSWORD, tokenTransport: 'cookie' }));
    expect((await execute('logIn')).status).toContain('200');
    await open('getOwnAccount');
    const me = await execute('getOwnAccount');
    expect(me.status).toContain('200');
    expect(me.body).toContain(email);
    await open('logOut');
    expect((await execute('logOut')).status).toContain('204');
    expect(failed).toEqual([]);
  });

  it('asks for the access token first when somebody opens the dialog for credentials', async () => {
    await page.locator('.auth-wrapper .authorize').click();
    await page.waitForSelector('.modal-ux');
    const scheme = await page.evaluate<string>(
      `document.activeElement.closest('.auth-container').querySelector('h4').innerText`,
    );
    expect(scheme).toMatch(/^bearer\s/);
  });
});
