import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newAddress, PASSWORD } from '../../support/app/accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { axeFindings, openWatched, tabTo, type WatchedPage } from '../../support/browser/watched-page.js';
import { freePort } from '../../support/network/free-port.js';

describe.skipIf(lacksChromium)('the page about passkeys in Chromium', () => {
  let app: TestApp;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({ variables: { PUBLIC_URL: url } });
    await app.app.listen(port, '127.0.0.1');
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  let watched: WatchedPage;
  let page: Page;
  let devtools: CDPSession;
  let authenticatorId: string;
  beforeEach(async () => {
    watched = await openWatched(browser);
    ({ page } = watched);
    devtools = await page.context().newCDPSession(page);
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
    await page.goto(`${url}/docs/passkey`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  });
  afterEach(() => watched.close());

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const isSignedInBy = (methods: string) =>
    page.locator('#methods').getByText(methods, { exact: true }).waitFor();
  const signUp = async () => {
    const email = newAddress();
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press('Create an account');
    await isSignedInBy('pwd');
    return email;
  };
  const signOut = async () => {
    await press('Sign out');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  };

  it('registers a passkey, signs in with it, and shows the requests', async () => {
    const email = await signUp();
    await press('Add a passkey');
    await page.locator('#passkeys').getByText('Passkey of').waitFor();
    await signOut();
    await press('Sign in with a passkey');
    await isSignedInBy('pop, user');
    await page.locator('#address').getByText(email).waitFor();
    await press('Prove it again');
    const requests = page.locator('#log summary');
    await requests.getByText('POST /auth/step-up → 200').waitFor();
    await requests.getByText('POST /auth/passkey → 200').click();
    expect(await page.locator('#log details[open] pre').innerText()).toContain('"clientDataJSON"');
    expect(await page.locator('#log').textContent()).not.toContain(PASSWORD);
    await page.getByRole('button', { name: /^Remove Passkey/ }).click();
    await page.getByText('This account has no passkey yet.').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('completes a login with the password by the passkey, by keyboard alone', async () => {
    const email = await signUp();
    await press('Add a passkey');
    await page.locator('#passkeys').getByText('Passkey of').waitFor();
    await signOut();
    await tabTo(page, '#email');
    await page.keyboard.type(email);
    await tabTo(page, '#password');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#log summary').getByText('POST /auth/login/factor → 200').waitFor();
    await isSignedInBy('pwd, pop, user, mfa');
    expect(watched.complaints).toEqual([]);
  });

  it('says why something was refused', async () => {
    await page.getByLabel('E-mail address').fill(newAddress());
    await page.getByLabel('Password').fill('wrong');
    await press('Sign in');
    await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor();
    await signUp();
    await press('Add a passkey');
    await page.locator('#passkeys').getByText('Passkey of').waitFor();
    await signOut();
    await devtools.send('WebAuthn.setResponseOverrideBits', { authenticatorId, isBogusSignature: true });
    await press('Sign in with a passkey');
    await page.getByRole('alert').getByText('This passkey could not be verified.').waitFor();
    expect(await page.locator('#signed-out').isVisible()).toBe(true);
  });

  it('runs under a policy without inline code, and has no findings of axe-core', async () => {
    const { headers } = await app.call({ url: '/docs/passkey' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    for (const state of ['signed out', 'signed in']) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect([state, colorScheme, await axeFindings(page)]).toEqual([state, colorScheme, []]);
      }
      if (state === 'signed out') {
        await signUp();
        await press('Add a passkey');
        await page.locator('#passkeys').getByText('Passkey of').waitFor();
      }
    }
  });
});
