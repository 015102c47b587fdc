import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { axeFindings, openWatched } from '../../support/browser/watched-page.js';
import { type EphemeralProcess, startEphemeral } from '../../support/ephemeral/ephemeral-process.js';
import { InstalledExample, type RunningExample } from '../../support/examples/installed-example.js';

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

  const post = async <T>(path: string, body: object): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
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
    const signIn = async (page: Page, { email, password }: Person) => {
      await page.getByLabel('Email').fill(email);
      await page.locator('#sign-in').getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText(email).waitFor();
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
      const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
      await dialog.getByLabel('Password').fill(staff.password);
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Delete Kettle' }).waitFor({ state: 'detached' });
      expect(await page.locator('#message').textContent()).toBe('');
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
    const tokenOf = async ({ id }: Pick<Person, 'id'>, wanted: object = {}) =>
      (await post<{ accessToken: string }>('/test/sessions', { userId: id, ...wanted })).accessToken;

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
});
