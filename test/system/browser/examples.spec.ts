import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { authenticator } from '../../../packages/testing/src/authenticator.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { codeOf } from '../../support/app/factors.js';
import { axeFindings, openWatched } from '../../support/browser/watched-page.js';
import { type EphemeralProcess, startEphemeral } from '../../support/ephemeral/ephemeral-process.js';
import { InstalledExample, type RunningExample } from '../../support/examples/installed-example.js';
import { eventually } from '../../support/time/eventually.js';

const TIMEOUT_MS = 120_000;

describe.skipIf(lacksChromium)('The examples in Chromium', { timeout: TIMEOUT_MS }, () => {
  let service: EphemeralProcess;
  let url: string;
  let adminKey: string;
  let browser: Browser;
  beforeAll(async () => {
    service = await startEphemeral({ words: ['--limits', 'off'], env: { LOG_LEVEL: 'warn' } });
    const ready = await service.ready;
    ({ url } = ready);
    adminKey = ready.adminKey!;
    browser = await startChromium();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    service.child.kill('SIGTERM');
    await service.ended;
    await rm(service.temporary, { recursive: true });
  });

  const post = async <T>(path: string, body: object, token?: string): Promise<T> => {
    const headers = {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
    return (await answer.json()) as T;
  };

  interface Person {
    readonly id: string;
    readonly email: string;
    readonly password: string;
  }
  const person = async (...roles: string[]): Promise<Person> => {
    const { items } = await post<{ items: { user: { id: string; email: string }; password: string }[] }>(
      '/test/users',
      { roles },
    );
    const [{ user, password }] = items as [(typeof items)[number]];
    return { ...user, password };
  };

  const tokenOf = async ({ id }: Pick<Person, 'id'>, wanted: object = {}) =>
    (await post<{ accessToken: string }>('/test/sessions', { userId: id, ...wanted })).accessToken;
  /** The status of a GET with a token of a service account whose scope no example asks for. */
  const statusForPrograms = async (address: string): Promise<number> => {
    const about = { name: 'Nightly report', scopes: ['audit:read'] };
    const admin = await tokenOf(await person('admin'));
    const { id } = await post<{ id: string }>('/admin/service-accounts', about, admin);
    const { key } = await post<{ key: string }>(`/admin/service-accounts/${id}/api-keys`, about, admin);
    const granted = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${key}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token: token } = (await granted.json()) as { access_token: string };
    return (await fetch(address, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  const personWithApp = async (...roles: string[]) => {
    const { items } = await post<{
      items: { user: { id: string; email: string }; password: string; totpSecret: string }[];
    }>('/test/users', { roles, totp: true });
    const [{ user, password, totpSecret }] = items as [(typeof items)[number]];
    return { ...user, password, totpSecret };
  };

  describe('of Express', () => {
    let example: InstalledExample;
    let orders: RunningExample;
    beforeAll(async () => {
      example = await InstalledExample.install('express');
      orders = await example.start({ PORTCULLIS_URL: url, PORTCULLIS_KEY: adminKey });
    }, TIMEOUT_MS);
    afterAll(async () => {
      await orders?.stop();
      await example?.remove();
    });

    const open = async () => {
      const watched = await openWatched(browser);
      onTestFinished(() => watched.close());
      await watched.page.goto(orders.url);
      return watched;
    };
    const enter = async (page: Page, { email, password }: Person) => {
      await page.getByLabel('Email').fill(email);
      await page.locator('#sign-in').getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    const signIn = async (page: Page, who: Person) => {
      await enter(page, who);
      await page.getByText(who.email).waitFor();
    };
    const answer = async (page: Page, label: string, text: string) => {
      const dialog = page.getByRole('dialog', { name: 'Is it you?' });
      await dialog.getByLabel(label, { exact: true }).fill(text);
      await dialog.getByRole('button', { name: 'Continue' }).click();
    };
    const order = async (page: Page, article: string) => {
      await page.getByLabel('Article').fill(article);
      await page.getByRole('button', { name: 'Order', exact: true }).click();
      await page.getByRole('listitem').filter({ hasText: article }).waitFor();
    };

    it('lets everybody order, and shows them their own orders only', async () => {
      const { page, complaints } = await open();
      await signIn(page, await person('user'));
      await order(page, 'Teapot');
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0);
      const other = await open();
      await signIn(other.page, await person('user'));
      expect(await other.page.getByRole('listitem').count()).toBe(0);
      expect([...complaints, ...other.complaints]).toEqual([]);
    });

    it('lets staff delete an order after they have proved again who they are', async () => {
      const customer = await open();
      await signIn(customer.page, await person('user'));
      await order(customer.page, 'Kettle');
      const { page } = await open();
      const staff = await person('admin');
      await signIn(page, staff);
      // A session of the same account whose login is 20 minutes old.
      const { cookies } = await post<{ cookies: [] }>('/test/sessions', { userId: staff.id, age: '20m' });
      await page.context().addCookies(cookies);
      await page.getByRole('button', { name: 'Delete Kettle' }).click();
      await answer(page, 'Password', staff.password);
      await page.getByRole('button', { name: 'Delete Kettle' }).waitFor({ state: 'detached' });
      expect(await page.locator('#message').textContent()).toBe('');
    });

    it('asks those who have an app for its code, at the login and for the proof', async () => {
      const { page, complaints } = await open();
      const staff = await personWithApp('admin');
      const now = Date.now();
      await enter(page, staff);
      await answer(page, 'Code of your app, or a recovery code', codeOf(staff.totpSecret, now));
      await page.getByText(staff.email).waitFor();
      await order(page, 'Saucer');
      const { cookies } = await post<{ cookies: [] }>('/test/sessions', { userId: staff.id, age: '20m' });
      await page.context().addCookies(cookies);
      await page.getByRole('button', { name: 'Delete Saucer' }).click();
      await answer(page, 'Code of your app', codeOf(staff.totpSecret, now + 30_000));
      await page.getByRole('button', { name: 'Delete Saucer' }).waitFor({ state: 'detached' });
      expect(complaints).toEqual([]);
    });

    it('refuses a program whose token has other scopes', async () => {
      expect(await statusForPrograms(`${orders.url}/orders`)).toBe(403);
    });

    it('refuses whoever deletes without the role, and pages of other sites', async () => {
      const { page } = await open();
      await signIn(page, await person('user'));
      const status = await page.evaluate(
        `fetch('/orders/x', { method: 'DELETE' }).then(({ status }) => status)`,
      );
      expect(status).toBe(403);
      const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
      const foreign = await fetch(`${orders.url}/orders`, {
        method: 'POST',
        headers: { cookie, origin: 'https://evil.example', 'content-type': 'application/json' },
        body: '{}',
      });
      expect([foreign.status, await foreign.json()]).toMatchObject([403, { code: 'csrf_rejected' }]);
    });

    it('shows the login in every tab at a logout, and refuses the token within two seconds', async () => {
      const { page } = await open();
      await signIn(page, await person('user'));
      const { value } = (await page.context().cookies()).find(({ name }) => name === 'access_token')!;
      const other = await page.context().newPage();
      await other.goto(orders.url);
      await page.getByRole('button', { name: 'Sign out' }).click();
      for (const tab of [page, other]) await tab.getByRole('button', { name: 'Sign in' }).waitFor();
      const call = () => fetch(`${orders.url}/orders`, { headers: { authorization: `Bearer ${value}` } });
      await expect.poll(async () => (await call()).status, { timeout: 2000 }).toBe(401);
    });
  });

  describe('of NestJS', () => {
    const pages = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>Notes</title><link rel="icon" href="data:,">');
    });
    let origin: string;
    let example: InstalledExample;
    let notes: RunningExample;
    beforeAll(async () => {
      await once(pages.listen(0, '127.0.0.1'), 'listening');
      origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
      example = await InstalledExample.install('nestjs');
      notes = await example.start({ PORTCULLIS_URL: url, PORTCULLIS_KEY: adminKey, PAGE_ORIGIN: origin });
    }, TIMEOUT_MS);
    afterAll(async () => {
      await notes?.stop();
      await example?.remove();
      pages.close();
    });

    interface Answered {
      readonly status: number;
      readonly challenge: string | null;
      readonly body: unknown;
    }
    /** A page of this origin that calls the API with a token. */
    const open = async (from = origin) => {
      const { page, close } = await openWatched(browser);
      onTestFinished(() => close());
      await page.goto(`${from}/`);
      return (method: string, path: string, token?: string, body?: object) =>
        page.evaluate<Answered | null>(`fetch(${JSON.stringify(notes.url + path)}, {
          method: '${method}',
          headers: {
            'content-type': 'application/json',
            ${token === undefined ? '' : `authorization: 'Bearer ${token}',`}
          },
          ${body === undefined ? '' : `body: ${JSON.stringify(JSON.stringify(body))},`}
        }).then(
          async (answer) => ({
            status: answer.status,
            challenge: answer.headers.get('www-authenticate'),
            body: await answer.json().catch(() => null),
          }),
          () => null,
        )`);
    };
    it('refuses a program whose token has other scopes', async () => {
      expect(await statusForPrograms(`${notes.url}/notes`)).toBe(403);
    });

    it('keeps the notes of everybody who is signed in', async () => {
      const call = await open();
      const ada = await person('user');
      const token = await tokenOf(ada);
      expect(await call('POST', '/notes', token, { text: 'Tea' })).toMatchObject({ status: 201 });
      expect(await call('GET', '/notes', token)).toMatchObject({ body: [{ owner: ada.id, text: 'Tea' }] });
      expect(await call('GET', '/notes', await tokenOf(await person('user')))).toMatchObject({ body: [] });
      expect(await call('GET', '/notes/all', token)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
      expect(await call('GET', '/notes/all', await tokenOf(await person('auditor')))).toMatchObject({
        status: 200,
      });
    });

    it('tells the page which proof is missing', async () => {
      const call = await open();
      const { items } = await post<{ items: { user: { id: string } }[] }>('/test/users', {
        roles: ['admin'],
        totp: true,
      });
      const [{ user }] = items as [(typeof items)[number]];
      for (const wanted of [{ acr: 'aal1' }, { age: '11m' }])
        expect(await call('DELETE', '/notes/x', await tokenOf(user, wanted))).toMatchObject({
          status: 401,
          challenge: 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
          body: { code: 'insufficient_user_authentication' },
        });
      const token = await tokenOf(user);
      const note = (await call('POST', '/notes', token, { text: 'Tea' }))!.body as { id: string };
      expect(await call('DELETE', `/notes/${note.id}`, token)).toMatchObject({ status: 204 });
      expect(await call('DELETE', `/notes/${note.id}`, token)).toMatchObject({ status: 404 });
    });

    it('lets in nobody without a token or after a logout, and no page of another origin', async () => {
      const call = await open();
      expect(await call('GET', '/notes')).toMatchObject({ status: 401, challenge: 'Bearer' });
      const token = await tokenOf(await person('user'));
      expect(await call('GET', '/notes', token)).toMatchObject({ status: 200 });
      const elsewhere = await open(origin.replace('localhost', '127.0.0.1'));
      expect(await elsewhere('GET', '/notes', token)).toBe(null);
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${url}/auth/logout`, { method: 'POST', headers })).status).toBe(204);
      await expect
        .poll(() => call('GET', '/notes', token), { timeout: 2000 })
        .toMatchObject({ status: 401, body: { code: 'session_ended' } });
    });
  });

  describe('of React', () => {
    let example: InstalledExample;
    let account: RunningExample;
    beforeAll(async () => {
      example = await InstalledExample.install('react');
      account = await example.start({ PORTCULLIS_URL: url });
    }, TIMEOUT_MS);
    afterAll(async () => {
      await account?.stop();
      await example?.remove();
    });

    const PASSWORD = 'seven quiet herons cross the weir';
    const open = async () => {
      const watched = await openWatched(browser);
      onTestFinished(() => watched.close());
      await watched.page.goto(account.url);
      await watched.page.getByRole('heading', { name: 'Sign in' }).waitFor();
      return watched;
    };
    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
    const isSignedIn = (page: Page) => page.getByRole('heading', { name: 'Your account' }).waitFor();
    const isSignedOut = (page: Page) => page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const register = async (page: Page): Promise<string> => {
      const email = `react-${crypto.randomUUID()}@example.test`;
      await press(page, 'New here?');
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('New password').fill(PASSWORD);
      await press(page, 'Create an account');
      await isSignedIn(page);
      return email;
    };
    const logIn = async (page: Page, email: string, password = PASSWORD) => {
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password').fill(password);
      await press(page, 'Sign in');
    };
    const answer = async (page: Page, text: string) => {
      await page.getByRole('dialog').getByRole('textbox').fill(text);
      await press(page, 'Continue');
    };

    const addApp = async (page: Page): Promise<string> => {
      await press(page, 'Add an app');
      const secret = (await page.locator('form code').textContent())!;
      await page.getByLabel('Code that it shows').fill(codeOf(secret, Date.now()));
      await press(page, 'Confirm');
      await page.getByText('Keep these').waitFor();
      return secret;
    };
    /** The browser gets the cookies of another session of the account, whose login is 20 minutes old. */
    const ageSession = async (page: Page) => {
      const me = (await page.evaluate(
        `fetch('${url}/users/me', { credentials: 'include' }).then((answer) => answer.json())`,
      )) as { id: string };
      const wanted = { userId: me.id, acr: 'aal2', age: '20m' };
      const { cookies } = await post<{ cookies: [] }>('/test/sessions', wanted);
      await page.context().addCookies(cookies);
    };
    /** The user has no passkey at hand, or closes the dialog of the browser. */
    const dismissPasskeys = (page: Page) =>
      page.evaluate(
        `navigator.credentials.get = () => Promise.reject(new DOMException('Dismissed', 'NotAllowedError'))`,
      );

    it('registers somebody, and shows in all tabs who is signed in', async () => {
      const { page, complaints } = await open();
      const email = await register(page);
      const other = await page.context().newPage();
      await other.goto(account.url);
      await other.getByText(email).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await press(other, 'Sign out');
      await isSignedOut(page);
      expect(await axeFindings(page)).toEqual([]);
      await logIn(page, email);
      for (const tab of [page, other]) await tab.getByText(email).waitFor();
      expect(complaints).toEqual([]);
    });

    it('shows the account of somebody else who signs in in another tab', async () => {
      const { page } = await open();
      const { email: second, password } = await person('user');
      const other = await page.context().newPage();
      // A tab that has not noticed the login of the first one still shows the form.
      await other.addInitScript(`addEventListener('storage', (event) => event.stopImmediatePropagation())`);
      await other.goto(account.url);
      await isSignedOut(other);
      await register(page);
      await logIn(other, second, password);
      await page.getByText(second).waitFor();
      await page.getByRole('listitem').filter({ hasText: '(here)' }).waitFor();
      expect(await page.getByRole('alert').textContent()).toBe('');
    });

    it('says what is wrong', async () => {
      const { page } = await open();
      await logIn(page, 'nobody@example.test');
      await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
      expect(await page.getByLabel('Email').inputValue()).toBe('nobody@example.test');
    });

    it('adds an app, asks for its code at the next login, and for another proof when that is old', async () => {
      const { page } = await open();
      const email = await register(page);
      const secret = await addApp(page);
      const now = Date.now();
      const codes = (await page.getByText('Keep these').locator('code').textContent())!.split(' ');
      expect(codes).toHaveLength(10);
      await press(page, 'Sign out');
      await isSignedOut(page);
      await logIn(page, email);
      await answer(page, codes[0]!);
      await isSignedIn(page);
      await ageSession(page);
      await press(page, 'Remove App');
      await answer(page, codeOf(secret, now + 30_000));
      await page.getByRole('button', { name: 'Remove App' }).waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').textContent()).toBe('');
    });

    it('adds a passkey, and signs in by it', async () => {
      const { page } = await open();
      const passkeys = await authenticator(page);
      const email = await register(page);
      await press(page, 'Add a passkey');
      await answer(page, 'Laptop');
      await page.getByRole('button', { name: 'Remove Laptop' }).waitFor();
      expect(await passkeys.count()).toBe(1);
      await press(page, 'Sign out');
      await press(page, 'Use a passkey');
      await page.getByText(email).waitFor();
    });

    it('adds no passkey without its name, and signs in by a recovery code whoever has the passkey elsewhere', async () => {
      const { page } = await open();
      const passkeys = await authenticator(page);
      const email = await register(page);
      await press(page, 'Add a passkey');
      await press(page, 'Cancel');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await page.getByText('Keep these').count()).toBe(0);
      await press(page, 'Add a passkey');
      await answer(page, 'Laptop');
      const codes = (await page.getByText('Keep these').locator('code').textContent())!.split(' ');
      expect(await passkeys.count()).toBe(1);
      await press(page, 'Sign out');
      await isSignedOut(page);
      await dismissPasskeys(page);
      await logIn(page, email);
      await answer(page, codes[0]!);
      await isSignedIn(page);
    });

    it('asks for the first method of a refusal, which can be the password of an account with a passkey', async () => {
      const { page } = await open();
      await register(page);
      const refusal = {
        status: 401,
        contentType: 'application/problem+json',
        headers: { 'access-control-allow-origin': account.url, 'access-control-allow-credentials': 'true' },
        json: {
          status: 401,
          code: 'insufficient_user_authentication',
          methods: ['password', 'passkey'],
        },
      };
      await page.route('**/users/me/factors/totp', (route) => route.fulfill(refusal), { times: 1 });
      await press(page, 'Add an app');
      await page.getByRole('dialog', { name: 'Password' }).locator('input').fill(PASSWORD);
      await press(page, 'Continue');
      await page.getByRole('img', { name: 'QR code for the app' }).waitFor();
      expect(await page.getByRole('alert').textContent()).toBe('');
    });

    it('asks for the code of the app where a proof by the passkey is dismissed', async () => {
      const { page } = await open();
      await authenticator(page);
      await register(page);
      const secret = await addApp(page);
      const now = Date.now();
      await press(page, 'Add a passkey');
      await answer(page, 'Laptop');
      await page.getByRole('button', { name: 'Remove Laptop' }).waitFor();
      await ageSession(page);
      await dismissPasskeys(page);
      await press(page, 'Remove Laptop');
      await answer(page, codeOf(secret, now + 30_000));
      await page.getByRole('button', { name: 'Remove Laptop' }).waitFor({ state: 'detached' });
      expect(await page.getByRole('alert').textContent()).toBe('');
    });

    const resetToken = (email: string) =>
      eventually(async () => {
        const mails = await fetch(`${url}/dev/mailbox?to=${email}`);
        const { items } = (await mails.json()) as { items: { link: string | null; token: string | null }[] };
        return items.find(({ link }) => link?.includes('/account/reset'))!.token!;
      });

    it.each(['a new page', 'the page that is already open'])(
      'lets whoever is signed in choose a new password by the link of a mail in %s',
      async (where) => {
        const { page } = await open();
        const email = await register(page);
        await page.evaluate(`fetch('${url}/auth/password/forgot', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '${JSON.stringify({ email })}',
        })`);
        const token = await resetToken(email);
        const reset = where === 'a new page' ? await page.context().newPage() : page;
        await reset.goto(`${account.url}/#token=${token}`);
        await reset.getByLabel('New password').fill('another long sentence for a test');
        expect(reset.url()).not.toContain(token);
        await press(reset, 'Choose a new password');
        await reset.getByText('The password is changed.').waitFor();
        await logIn(reset, email, 'another long sentence for a test');
        await isSignedIn(reset);
      },
    );

    it.each([
      [
        'a limit',
        (route: Route) =>
          route.fulfill({
            status: 429,
            headers: {
              'retry-after': '3600',
              'access-control-allow-origin': account.url,
              'access-control-allow-credentials': 'true',
            },
          }),
      ],
      ['a lost network', (route: Route) => route.abort()],
    ])('does not show the login after %s to whoever is signed in', async (_what, fail) => {
      const { page } = await open();
      const email = await register(page);
      await page.route('**/users/me', fail);
      await page.reload();
      await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
      expect(await page.getByRole('heading').allTextContents()).toEqual(['Your account cannot be shown']);
      expect(await axeFindings(page)).toEqual([]);
      await page.unroute('**/users/me');
      await press(page, 'Try again');
      await page.getByText(email).waitFor();
    });

    it('ends a session on another device, and resets a forgotten password', async () => {
      const here = await open();
      const email = await register(here.page);
      const there = await open();
      await logIn(there.page, email);
      await isSignedIn(there.page);
      await here.page.reload();
      await press(here.page, 'End');
      await here.page.getByRole('button', { name: 'End' }).waitFor({ state: 'detached' });
      await there.page.reload();
      await isSignedOut(there.page);
      await press(there.page, 'Forgot your password?');
      await there.page.getByLabel('Email').fill(email);
      await press(there.page, 'Reset the password');
      const token = await resetToken(email);
      const fresh = await openWatched(browser);
      onTestFinished(() => fresh.close());
      await fresh.page.goto(`${account.url}/#token=${token}`);
      await fresh.page.getByLabel('New password').fill('another long sentence for a test');
      await press(fresh.page, 'Choose a new password');
      await isSignedOut(fresh.page);
      await logIn(fresh.page, email, 'another long sentence for a test');
      await isSignedIn(fresh.page);
      expect(await fresh.page.getByText(email).count()).toBe(1);
    });
  });
});
