import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AccountInvitations } from '../../../src/admin/account-invitations.js';
import { RecoverySchedule } from '../../../src/auth/factor-recovery/recovery-schedule.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, register, signUp } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { beginLogin, enrolTotp } from '../../support/app/factors.js';
import { mailTo } from '../../support/app/mails.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { axeFindings, openWatched, tabTo, type WatchedPage } from '../../support/browser/watched-page.js';

const NEW_PASSWORD = 'seven quiet herons cross the weir';
const PATHS = ['verify', 'reset', 'invitation', 'undo', 'device', 'recovery', 'recovery/finish'] as const;

/** Answers of the API, as far as the pages look at them. */
const problem = (status: number, code: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ code, requestId: 'request-1' }),
});

describe.skipIf(lacksChromium)('the account pages in Chromium', () => {
  let app: TestApp;
  let browser: Browser;
  const profiles: WatchedPage[] = [];
  beforeAll(async () => {
    app = await startApp({ listen: true });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });
  afterEach(async () => {
    for (const { close } of profiles.splice(0)) await close();
  });

  /** A new profile of the browser at this address; what it complains about fails the test. */
  const open = async (url: string, locale = 'en'): Promise<WatchedPage> => {
    const watched = await openWatched(browser, { locale });
    profiles.push(watched);
    await watched.page.goto(url);
    return watched;
  };
  const press = async (page: Page) => page.locator('#button').click();
  const heading = async (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();
  const alert = (page: Page, text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor();
  /** The link of a mail, at the port on which this service listens. */
  const linkOf = ({ link }: { link: string | null }) => app.url + link!.slice(new URL(link!).origin.length);
  const addressOf = (page: Page) => page.evaluate<string>('location.href');
  const canLogIn = async (email: string, password: string) =>
    (await app.call({ url: '/auth/login', body: { email, password } })).statusCode === 200;
  const post = async (url: string, body: object, token?: string) => {
    const answer = await app.call({ url, body, ...(token && { token }) });
    expect([url, answer.statusCode]).toEqual([
      url,
      url.endsWith('email') || url.endsWith('forgot') ? 202 : 204,
    ]);
  };

  const verifyMail = async (email: string) => mailTo(app, email, 'verification');
  const resetMail = async (email: string) => {
    await post('/auth/password/forgot', { email });
    return mailTo(app, email, 'password_reset');
  };
  /** A change of address that was proven, and the mail by which the former owner undoes it. */
  const undoMail = async (email: string) => {
    const { accessToken } = await logIn(app, email);
    await post('/auth/email/verify', { token: (await verifyMail(email)).token }, accessToken);
    const wanted = newAddress();
    await post('/users/me/email', { email: wanted }, accessToken);
    await post(
      '/auth/email/verify',
      { token: (await mailTo(app, wanted, 'address_change')).token },
      accessToken,
    );
    return mailTo(app, email, 'address_changed');
  };
  const deviceMail = async (email: string) => {
    await logIn(app, email);
    await logIn(app, email);
    return mailTo(app, email, 'new_device');
  };

  const invitationMail = async (email: string) => {
    const invitations = app.app.get(AccountInvitations, { strict: false });
    const invited = { email, displayName: null, roles: ['user' as const], locale: 'en' as const };
    await invitations.invite(invited, internalOrigin('operator'));
    return mailTo(app, email, 'invitation');
  };
  /** An account whose factors are lost, with the first and the last mail about that. */
  const recoveryMails = async () => {
    const { user, accessToken } = await signUp(app);
    const { email } = user;
    await post('/auth/email/verify', { token: (await verifyMail(email)).token }, accessToken);
    await enrolTotp(app, { accessToken }, Date.now());
    await app.call({ url: '/auth/recovery', body: { email, password: PASSWORD } });
    const started = await mailTo(app, email, 'recovery_started');
    await asSuperuser(
      app.database,
      `UPDATE factor_recoveries SET due_at = started_at, next_at = started_at WHERE user_id = $1`,
      [user.id],
    );
    await app.app.get(RecoverySchedule, { strict: false }).run();
    return { email, started, ready: await mailTo(app, email, 'recovery_ready') };
  };

  it('peer fault 15: opening a link, as scanners of mail do, sends nothing and spends nothing', async () => {
    const [verifies, resets, undoes, disowns] = await Promise.all([1, 2, 3, 4].map(() => register(app)));
    const recovery = await recoveryMails();
    const mails = {
      verify: await verifyMail(verifies!),
      reset: await resetMail(resets!),
      invitation: await invitationMail(newAddress()),
      undo: await undoMail(undoes!),
      device: await deviceMail(disowns!),
      recovery: recovery.started,
      'recovery/finish': recovery.ready,
    };
    for (const path of PATHS) {
      const { page, requests, complaints } = await open(linkOf(mails[path]));
      await page.locator('#button').waitFor();
      await page.waitForLoadState('networkidle');
      expect(requests).toContain(`GET /account/${path}`);
      expect(requests).toContain('GET /account/assets/account.js');
      expect(requests.filter((request) => !request.startsWith('GET /account/'))).toEqual([]);
      expect(complaints).toEqual([]);
    }
    await post('/auth/email/verify', { token: mails.verify.token, password: PASSWORD });
    await post('/auth/password/reset', { token: mails.reset.token, newPassword: NEW_PASSWORD });
    await post('/auth/email/undo', { token: mails.undo.token });
    await post('/auth/sessions/disown', { token: mails.device.token });
    await post('/auth/recovery/finish', { token: mails['recovery/finish'].token });
    const accepted = await app.call({
      url: '/auth/invitation',
      body: { token: mails.invitation.token, password: NEW_PASSWORD },
    });
    expect(accepted.statusCode).toBe(201);
  });

  it('set a new password, and say what a refused one lacks', async () => {
    const email = await register(app);
    const link = linkOf(await resetMail(email));
    const { page, complaints } = await open(link, 'de');
    await heading(page, 'Neues Passwort festlegen');
    expect(await addressOf(page)).toBe(`${app.url}/account/reset`);
    await press(page);
    await alert(page, 'Geben Sie ein Passwort ein.');
    await page.getByLabel('Neues Passwort').fill('aaaaaaaaaaaaaaaaaaaa');
    await press(page);
    await alert(page, 'Es enthält Wiederholungen.');
    expect(await page.locator('#password').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Neues Passwort').fill(NEW_PASSWORD);
    await press(page);
    await heading(page, 'Ihr Passwort wurde geändert');
    expect(await page.title()).toBe('Ihr Passwort wurde geändert – Portcullis');
    expect(await page.locator('#password').inputValue()).toBe('');
    expect([await canLogIn(email, NEW_PASSWORD), await canLogIn(email, PASSWORD)]).toEqual([true, false]);
    // The same tab again: only the fragment differs, so no page is loaded.
    await page.evaluate(`location.href = ${JSON.stringify(link)}`);
    await heading(page, 'Neues Passwort festlegen');
    await page.getByLabel('Neues Passwort').fill(`${NEW_PASSWORD} again`);
    await press(page);
    await alert(page, 'Dieser Link ist nicht mehr gültig.');
    expect(await page.locator('#button').isVisible()).toBe(false);
    expect(await page.evaluate('history.length')).toBeLessThan(4);
    expect(await canLogIn(email, NEW_PASSWORD)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('prove an address by the session of the browser, also after its access token has run out', async () => {
    for (const isExpired of [false, true]) {
      const email = await register(app);
      const watched = await open(`${app.url}/account/verify`);
      const { page, complaints } = watched;
      await alert(page, 'Open the link in the mail again');
      const context = page.context();
      await context.request.post(`${app.url}/auth/login`, { data: { email, password: PASSWORD } });
      if (isExpired) await context.clearCookies({ name: 'access_token' });
      await page.goto(linkOf(await verifyMail(email)));
      await press(page);
      await heading(page, 'Your e-mail address is confirmed');
      const me = await context.request.get(`${app.url}/users/me`);
      expect(await me.json()).toMatchObject({ email, emailVerified: true });
      expect(complaints).toEqual([]);
    }
  });

  it('prove an address by the password where nobody is signed in', async () => {
    const email = await register(app);
    const { page, complaints } = await open(linkOf(await verifyMail(email)));
    await press(page);
    await alert(page, 'You are not signed in here.');
    await page.getByLabel('Password of your account').fill('wrong');
    await press(page);
    await alert(page, 'The password is wrong.');
    await page.getByLabel('Password of your account').fill(PASSWORD);
    await press(page);
    await heading(page, 'Your e-mail address is confirmed');
    expect((await logIn(app, email)).user).toMatchObject({ emailVerified: true });
    expect(complaints).toEqual([]);
  });

  it('undo a change of address', async () => {
    const email = await register(app);
    const { page, complaints } = await open(linkOf(await undoMail(email)));
    await press(page);
    await heading(page, 'The change has been undone');
    const { page: next } = await open(linkOf(await mailTo(app, email, 'password_reset')));
    await next.getByLabel('New password').fill(NEW_PASSWORD);
    await press(next);
    await heading(next, 'Your password has been changed');
    expect(await canLogIn(email, NEW_PASSWORD)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('sign out a device that the owner does not know, by keyboard alone', async () => {
    const email = await register(app);
    const { page, complaints } = await open(linkOf(await deviceMail(email)));
    await tabTo(page, '#button');
    await page.keyboard.press('Enter');
    await heading(page, 'The device is signed out');
    const reset = await open(linkOf(await mailTo(app, email, 'password_reset')));
    await tabTo(reset.page, '#password');
    await reset.page.keyboard.type(NEW_PASSWORD);
    await tabTo(reset.page, '#show-password');
    await reset.page.keyboard.press('Space');
    expect(await reset.page.locator('#password').getAttribute('type')).toBe('text');
    await tabTo(reset.page, '#button');
    await reset.page.keyboard.press('Space');
    await heading(reset.page, 'Your password has been changed');
    expect(await reset.page.evaluate('document.activeElement.textContent')).toBe(
      'Your password has been changed',
    );
    expect([await canLogIn(email, NEW_PASSWORD), complaints, reset.complaints]).toEqual([true, [], []]);
  });

  it('accept an invitation by a first password', async () => {
    const email = newAddress();
    const { page, complaints } = await open(linkOf(await invitationMail(email)));
    await page.getByLabel('Password').first().fill('too short');
    await press(page);
    await page.getByRole('alert').locator('li').first().waitFor();
    await page.getByLabel('Password').first().fill(NEW_PASSWORD);
    await press(page);
    await heading(page, 'The account is yours');
    expect(await canLogIn(email, NEW_PASSWORD)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('keep the second factors of somebody who did not ask to remove them, in German', async () => {
    const { email, started, ready } = await recoveryMails();
    const { page, complaints } = await open(linkOf(started), 'de');
    await heading(page, 'Zweite Faktoren behalten');
    await tabTo(page, '#button');
    await page.keyboard.press('Enter');
    await heading(page, 'Der Vorgang ist abgebrochen');
    const late = await open(linkOf(ready), 'de');
    await press(late.page);
    await alert(late.page, 'Dieser Link ist nicht mehr gültig.');
    expect((await beginLogin(app, email, PASSWORD)).methods).toContain('totp');
    expect([complaints, late.complaints.filter((one) => !one.includes('400'))]).toEqual([[], []]);
  });

  it('remove lost second factors at the end of the waiting time', async () => {
    const { email, ready } = await recoveryMails();
    const { page, complaints } = await open(linkOf(ready));
    await heading(page, 'Remove the second factors');
    await press(page);
    await heading(page, 'The second factors are removed');
    expect(await canLogIn(email, PASSWORD)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('say what to do when the service refuses, fails or is away, and can be tried again', async () => {
    const { page, requests } = await open(`${app.url}/account/undo#token=T`);
    const answers = [
      [problem(429, 'rate_limited', { 'retry-after': '30' }), 'Try again in 30 seconds.'],
      [problem(429, 'rate_limited', { 'retry-after': '240' }), 'Try again in 4 minutes.'],
      [problem(503, 'dependency_unavailable'), 'The service is not available at the moment.'],
      [problem(500, 'internal'), 'report this number to the operator: request-1'],
      [{ status: 502, body: '<h1>Bad gateway</h1>' }, 'report this number to the operator: 502'],
      [null, 'The service cannot be reached.'],
      [{ status: 204 }, ''],
    ] as const;
    for (const [answer, text] of answers) {
      await page.route('**/auth/email/undo', (route) => (answer ? route.fulfill(answer) : route.abort()));
      await press(page);
      await (text ? alert(page, text) : heading(page, 'The change has been undone'));
      await page.unroute('**/auth/email/undo');
    }
    const sent = requests.filter((request) => request === 'POST /auth/email/undo');
    expect(sent).toHaveLength(answers.length);
  });

  it('send once, however often the button is pressed', async () => {
    const { page, requests } = await open(`${app.url}/account/undo#token=T`);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/auth/email/undo', async (route) => {
      await answered;
      await route.fulfill({ status: 204 });
    });
    await press(page);
    await page.getByRole('status').filter({ hasText: 'One moment' }).waitFor();
    await page.keyboard.press('Enter');
    answer();
    await heading(page, 'The change has been undone');
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual(['POST /auth/email/undo']);
  });

  it.each(['en', 'de'])('have no findings of axe-core, in %s', { timeout: 60_000 }, async (locale) => {
    const { page, complaints } = await open('about:blank', locale);
    const expectNone = async (state: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect([state, colorScheme, await axeFindings(page)]).toEqual([state, colorScheme, []]);
      }
    };
    for (const path of PATHS) {
      await page.goto(`${app.url}/account/${path}#token=T`);
      await expectNone(path);
    }
    await page.goto(`${app.url}/account/verify#token=T`);
    await press(page);
    await page.locator('#password').waitFor();
    await expectNone('password needed');
    await page.goto(`${app.url}/account/reset#token=T`);
    await page.route('**/auth/password/reset', (route) => route.fulfill({ status: 204 }));
    await press(page);
    await expectNone('password missing');
    await page.locator('#password').fill(NEW_PASSWORD);
    await press(page);
    await page.locator('#done').waitFor();
    await expectNone('done');
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(lacksChromium)('the account pages behind a proxy that removes a prefix', () => {
  it('find their parts and the API', async () => {
    const publicUrl = 'https://example.org/eu/auth';
    const app = await startApp({ listen: true, variables: { PUBLIC_URL: publicUrl } });
    const browser = await startChromium();
    const { page, complaints } = await openWatched(browser);
    await page.route(`${publicUrl}/**`, async (route) => {
      const url = app.url + route.request().url().slice(publicUrl.length);
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    const email = await register(app);
    await app.call({ url: '/auth/password/forgot', body: { email } });
    const { link } = await mailTo(app, email, 'password_reset');
    expect(link).toContain(`${publicUrl}/account/reset#token=`);
    await page.goto(link!);
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Your password has been changed' }).waitFor();
    expect((await app.call({ url: '/auth/login', body: { email, password: NEW_PASSWORD } })).statusCode).toBe(
      200,
    );
    expect(complaints).toEqual([]);
    await browser.close();
    await app.close();
  });
});
