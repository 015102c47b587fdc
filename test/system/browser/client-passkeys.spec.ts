import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../../support/app/accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { type RoundRobin, startRoundRobin } from '../../support/browser/round-robin.js';
import { freePort } from '../../support/network/free-port.js';
import { bundled } from '../../support/packages/bundled.js';

const HTML = `<!doctype html><title>Page</title><link rel="icon" href="data:,">
<input autocomplete="username webauthn">
<script type="module">import { client } from '/client.js'; window.client = client;</script>`;

const PROGRAM = `
import { createClient } from '@portcullis/client';
export const client = createClient({ baseUrl: '', transport: 'cookie' });`;

const AUTHENTICATOR = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
} as const;

describe.skipIf(lacksChromium)('the passkeys of @portcullis/client in Chromium', () => {
  let app: TestApp;
  let host: RoundRobin;
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({ listen: true, variables: { PUBLIC_URL: url } });
    host = await startRoundRobin(port, [app.url], {
      '/page': { type: 'text/html', body: HTML },
      '/client.js': { type: 'text/javascript', body: await bundled(PROGRAM) },
    });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await host.stop();
    await app.close();
  });

  let person: BrowserContext;
  let page: Page;
  let email: string;
  /** Whether the user touches the authenticator as soon as it is asked. */
  let setPresence: (enabled: boolean) => Promise<unknown>;
  beforeEach(async () => {
    person = await browser.newContext();
    page = await person.newPage();
    await load();
    const devtools = await person.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: AUTHENTICATOR,
    });
    setPresence = (enabled) =>
      devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    await setPresence(true);
    email = await register(app);
    await page.evaluate(`client.login(${JSON.stringify({ email, password: PASSWORD })})`);
    await page.evaluate(`client.passkeys.add('Laptop')`);
  });
  afterEach(() => person.close());

  /** A page that has just been loaded does not know when its access token expires. */
  async function load(): Promise<void> {
    await page.goto(`${url}/page`);
    await page.waitForFunction('window.client !== undefined');
  }

  const outcomeOf = (call: string) =>
    page.evaluate<string>(
      `${call}.then(() => 'done', (error) => (error.name === 'ProblemError' ? error.code : error.name))`,
    );
  const whoIsSignedIn = () => page.evaluate<string>('client.me().then((user) => user.email)');

  it('prove a session again whose access token has expired unnoticed', async () => {
    await load();
    await person.clearCookies({ name: 'access_token' });
    expect(await outcomeOf('client.passkeys.stepUp()')).toBe('done');
  });

  it('sign in also where somebody is still signed in', async () => {
    expect(await outcomeOf('client.passkeys.signIn()')).toBe('done');
    expect(await whoIsSignedIn()).toBe(email);
  });

  it('complete a login', async () => {
    await page.evaluate('client.logout()');
    const signIn = `client.login(${JSON.stringify({ email, password: PASSWORD })})
      .catch((error) => client.passkeys.signIn({ challenge: error.challenge.token }))`;
    expect(await outcomeOf(signIn)).toBe('done');
    expect(await whoIsSignedIn()).toBe(email);
  });

  it.each([
    ['sign in behind a button', 'client.passkeys.signIn()'],
    ['are offered once more', `client.passkeys.signIn({ mediation: 'conditional' })`],
  ])('%s while the autofill offers them, which ends that offer', async (_what, call) => {
    await page.evaluate('client.logout()');
    await setPresence(false);
    await page.evaluate(`window.offer = client.passkeys.signIn({ mediation: 'conditional' })
      .then(() => 'done', (error) => error.name); const get = navigator.credentials.get;
      window.asked = new Promise((resolve) => {
        navigator.credentials.get = function (...words) { resolve(); return get.apply(this, words); };
      }); asked`);
    await setPresence(true);
    expect(await outcomeOf(call)).toBe('done');
    expect(await page.evaluate('offer')).toBe('AbortError');
  });

  it('are offered until the caller ends that', async () => {
    await page.evaluate('client.logout()');
    await setPresence(false);
    const offer = `(() => { const abort = new AbortController();
      setTimeout(() => abort.abort(), 50);
      return client.passkeys.signIn({ mediation: 'conditional', signal: abort.signal }); })()`;
    expect(await outcomeOf(offer)).toBe('AbortError');
  });
});
