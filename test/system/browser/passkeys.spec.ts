import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { documentedProgram } from '../../support/browser/documented-program.js';
import { type RoundRobin, startRoundRobin } from '../../support/browser/round-robin.js';
import { freePort } from '../../support/network/free-port.js';

const HTML = `<!doctype html><title>Page</title><link rel="icon" href="data:,">
<input autocomplete="username webauthn" autofocus>
<script type="module">
import * as session from '/session.js'; import * as passkeys from '/passkeys.js';
window.session = session; window.passkeys = passkeys;
</script>`;

/** How the authenticator differs from an honest one whose user is there and verified. */
interface Authenticator {
  readonly isBogusSignature?: boolean;
  readonly isBadUV?: boolean;
  readonly isBadUP?: boolean;
}

describe.skipIf(lacksChromium)('the passkeys of docs/integration.md in Chromium', () => {
  let app: TestApp;
  let host: RoundRobin;
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({ listen: true, variables: { PUBLIC_URL: url } });
    const session = await documentedProgram(1, { "'https://auth.example.com'": "''" });
    const passkeys = await documentedProgram(3, { './session.js': '/session.js' });
    const html = { type: 'text/html', body: HTML };
    host = await startRoundRobin(port, [app.url], {
      '/page': html,
      '/other': html,
      '/session.js': { type: 'text/javascript', body: session },
      '/passkeys.js': { type: 'text/javascript', body: passkeys },
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
  let devtools: CDPSession;
  let authenticatorId: string;
  let email: string;
  beforeEach(async () => {
    person = await browser.newContext();
    page = await person.newPage();
    await page.goto(`${url}/page`);
    await page.waitForFunction('window.passkeys !== undefined');
    devtools = await person.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    ({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    }));
    email = await register(app);
  });
  afterEach(() => person.close());

  const behave = (bits: Authenticator) =>
    devtools.send('WebAuthn.setResponseOverrideBits', { authenticatorId, ...bits });
  /** Runs an expression of the page that resolves with a response; returns its status and the code of its problem. */
  const answerOf = (expression: string) =>
    page.evaluate<[number, string | null]>(
      `(async () => { const answer = await ${expression};
         return [answer.status, answer.ok ? null : (await answer.clone().json()).code]; })()`,
    );
  const logIn = () => answerOf(`session.logIn(${JSON.stringify({ email, password: PASSWORD })})`);
  const logOut = () => answerOf('session.logOut()');
  const addPasskey = () =>
    page.evaluate<{ factor: { id: string; name: string }; recoveryCodes: string[] }>(
      `passkeys.addPasskey('Laptop')`,
    );
  /** The challenge of a login that waits for its factor is kept on the page. */
  const beginLogin = () =>
    page.evaluate<string[]>(
      `(async () => { const answer = await session.logIn(${JSON.stringify({ email, password: PASSWORD })});
         window.challenge = (await answer.json()).challenge; return challenge.methods; })()`,
    );

  it('are added, listed, and sign in without a password', async () => {
    expect(await logIn()).toEqual([200, null]);
    const { factor, recoveryCodes } = await addPasskey();
    expect([factor.name, recoveryCodes.length]).toEqual(['Laptop', 10]);
    expect(await page.evaluate('passkeys.listFactors()')).toMatchObject([{ id: factor.id, type: 'passkey' }]);
    expect(await logOut()).toEqual([204, null]);
    expect(await answerOf('passkeys.signInWithPasskey()')).toEqual([200, null]);
    expect(await page.evaluate('session.isSignedIn()')).toBe(true);
    expect(await answerOf(`session.call('/users/me')`)).toEqual([200, null]);
    expect(await answerOf(`passkeys.removeFactor('${factor.id}')`)).toEqual([204, null]);
    await logOut();
    expect(await answerOf('passkeys.signInWithPasskey()')).toEqual([400, 'invalid_passkey']);
  });

  it('sign in also where somebody is still signed in', async () => {
    await logIn();
    await addPasskey();
    expect(await answerOf('passkeys.signInWithPasskey()')).toEqual([200, null]);
  });

  it('are offered in the field for the address', async () => {
    await logIn();
    await addPasskey();
    await logOut();
    expect(await answerOf('passkeys.offerPasskeys()')).toEqual([200, null]);
  });

  it('complete a login, and prove a session again', async () => {
    await logIn();
    const { factor } = await addPasskey();
    await logOut();
    expect(await beginLogin()).toEqual(['passkey', 'recovery_code']);
    expect(await answerOf('passkeys.finishWithPasskey(challenge)')).toEqual([200, null]);
    await asSuperuser(app.database, `UPDATE sessions SET auth_time = auth_time - interval '1 hour'`);
    const remove = `passkeys.removeFactor('${factor.id}')`;
    expect(await answerOf(remove)).toEqual([401, 'insufficient_user_authentication']);
    await person.clearCookies({ name: 'access_token' });
    expect(await answerOf('passkeys.stepUpWithPasskey()')).toEqual([200, null]);
    expect(await answerOf(remove)).toEqual([204, null]);
  });

  it.each<[string, Authenticator]>([
    ['a bogus signature', { isBogusSignature: true }],
    ['no user present', { isBadUP: true }],
    ['no user verification where it is required', { isBadUV: true }],
  ])('are refused with %s', async (_what, bits) => {
    await logIn();
    await addPasskey();
    await logOut();
    await behave(bits);
    const refused = [400, 'invalid_passkey'];
    expect(await answerOf('passkeys.signInWithPasskey()')).toEqual(refused);
    expect(await page.evaluate('session.isSignedIn()')).toBe(false);
    await beginLogin();
    // As second factor a passkey need not verify its user.
    const second = bits.isBadUV ? [200, null] : refused;
    expect(await answerOf('passkeys.finishWithPasskey(challenge)')).toEqual(second);
  });
});
