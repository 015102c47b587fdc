import { readFileSync } from 'node:fs';
import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, signUp } from '../../support/app/accounts.js';
import { enrolTotp } from '../../support/app/factors.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { type RoundRobin, startRoundRobin } from '../../support/browser/round-robin.js';
import { freePort } from '../../support/network/free-port.js';
import { ManualClock } from '../../support/time/manual-clock.js';

const [, LOGIN_PAGE] = /```html\n(.*?)```/s.exec(readFileSync('docs/gateway.md', 'utf8')) as unknown as [
  string,
  string,
];

describe.skipIf(lacksChromium)('the login page of docs/gateway.md in Chromium', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let host: RoundRobin;
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let profile: BrowserContext;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    const variables = { PUBLIC_URL: url, GATEWAY_ORIGINS: url };
    app = await startApp({ clock, listen: true, variables });
    host = await startRoundRobin(port, [app.url], {});
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await host.stop();
    await app.close();
  });
  beforeEach(async () => {
    profile = await browser.newContext();
    await profile.route(`${url}/login?*`, (route) =>
      route.fulfill({ contentType: 'text/html', body: LOGIN_PAGE }),
    );
  });
  afterEach(() => profile.close());

  async function open(rd: string) {
    const page = await profile.newPage();
    const refreshed = page.waitForResponse('**/auth/refresh');
    await page.goto(`${url}/login?rd=${encodeURIComponent(rd)}`);
    await refreshed;
    return page;
  }

  it('signs in, returns to the application, and later does so without asking', async () => {
    const { user } = await signUp(app);
    const page = await open(`${url}/reports?month=11`);
    await page.getByLabel('E-mail address').fill(user.email);
    await page.getByLabel('Password').fill(`${PASSWORD}!`);
    await page.getByRole('button').click();
    await page.getByText('The e-mail address or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button').click();
    await page.waitForURL(`${url}/reports?month=11`);
    const later = await open(`${url}/reports`);
    await later.waitForURL(`${url}/reports`);
    expect(later.url()).toBe(`${url}/reports`);
  });

  it('asks for the code of an authenticator app', async () => {
    const tokens = await signUp(app);
    const { codeAt } = await enrolTotp(app, tokens, clock.nowMs());
    clock.advance(30_000);
    const page = await open(`${url}/reports`);
    await page.getByLabel('E-mail address').fill(tokens.user.email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button').click();
    await page.getByLabel('Code').fill(codeAt(clock.nowMs()));
    await page.getByRole('button').click();
    await page.waitForURL(`${url}/reports`);
    expect(page.url()).toBe(`${url}/reports`);
  });

  it('leads to no other site', async () => {
    const { user } = await signUp(app);
    const page = await open('https://evil.example/');
    await page.getByLabel('E-mail address').fill(user.email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button').click();
    await page.waitForURL(`${url}/gateway/redirect?**`);
    expect(await page.textContent('body')).toContain('validation_failed');
  });
});
