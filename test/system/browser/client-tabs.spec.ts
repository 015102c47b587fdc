import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../../support/app/accounts.js';
import { describeTabs } from '../../support/browser/describe-tabs.js';
import { PageOfOneHost } from '../../support/browser/page-of-one-host.js';
import { bundled } from '../../support/packages/bundled.js';

/** The client under the names of the program of docs/integration.md. */
const PAGE = `
import { createClient } from '@portcullis/client';

export { createClient };
export const reasons = [];
export const client = createClient({
  baseUrl: '',
  transport: 'cookie',
  onSignedOut: (reason) => reasons.push(reason),
});

const statusOf = (promise) =>
  promise.then(
    () => ({ status: 200 }),
    (error) => {
      if (error.status === undefined) throw error;
      return { status: error.status };
    },
  );

export const logIn = (credentials) => statusOf(client.login(credentials));
export const call = (path) => statusOf(client.request('GET', path));
export const logOut = async () => {
  const { status } = await statusOf(client.logout());
  return { status: status === 200 ? 204 : status };
};
export const isSignedIn = () => localStorage.getItem('portcullis:') !== null;
`;

/** Signs in and out in a worker, and answers what happened. */
const WORKER = `
import { createClient } from '@portcullis/client';

onmessage = async ({ data: { baseUrl, credentials } }) => {
  const reasons = [];
  const onSignedOut = (reason) => reasons.push(reason);
  const client = createClient({ baseUrl, transport: 'body', onSignedOut });
  await client.login(credentials);
  const { email } = await client.me();
  await client.refresh();
  await client.logout();
  postMessage({ email, reasons });
};
`;

/** A client in a worker that signs out, or answers any other message, and a sign-out, by whether somebody is signed in. */
const WATCHER = `
import { createClient } from '@portcullis/client';

const tell = async (reason) => postMessage({ reason, isSignedIn: await client.isSignedIn() });
// No path is relative to the URL of a blob.
const send = (path, init) => fetch(location.origin + path, init);
const client = createClient({ baseUrl: '', transport: 'cookie', onSignedOut: tell, fetch: send });
onmessage = ({ data }) => (data === 'log out' ? client.logout() : tell('asked'));
`;

describeTabs(
  '@portcullis/client',
  async () => PageOfOneHost.start(await bundled(PAGE)),
  (host) => {
    it('says once in every tab why nobody is signed in any more', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      await host().signIn(one);
      expect(await host().calls(other, ['/users/me'])).toEqual([200]);
      await one.evaluate('session.logOut()');
      await other.waitForFunction('session.reasons.length > 0');
      await host().signIn(other);
      await host().signIn(one);
      await other.waitForFunction('session.reasons.length > 1');
      expect([await one.evaluate('session.reasons'), await other.evaluate('session.reasons')]).toEqual([
        ['logout'],
        ['logout', 'replaced'],
      ]);
    });

    it('signs out in two tabs at once', async () => {
      const tabs = [await host().openTab(), await host().openTab()];
      await host().signIn(tabs[0]!);
      const logouts = tabs.map((tab) => tab.evaluate(`session.logOut().then(({ status }) => status)`));
      expect(await Promise.all(logouts)).toEqual([204, 204]);
      await tabs[1]!.waitForFunction('session.reasons.length > 0');
      expect(await Promise.all(tabs.map((tab) => tab.evaluate('session.reasons')))).toEqual([
        ['logout'],
        ['logout'],
      ]);
    });

    it('says nothing where the same user signs in again in another tab, and goes on in that session', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      const email = await host().signIn(one);
      await one.evaluate(`new BroadcastChannel('portcullis:').onmessage = () => (window.heard = true)`);
      await other.evaluate(`session.logIn(${JSON.stringify({ email, password: PASSWORD })})`);
      await one.waitForFunction('window.heard');
      expect(await host().calls(one, ['/users/me'])).toEqual([200]);
      expect(await one.evaluate('session.reasons')).toEqual([]);
      await other.evaluate('session.logOut()');
      await one.waitForFunction('session.reasons.length > 0');
      expect([await one.evaluate('session.reasons'), await other.evaluate('session.reasons')]).toEqual([
        ['logout'],
        ['logout'],
      ]);
    });

    /** Signs a new user in, in the body transport; `told` has the reasons of this client. */
    const signInByBody = async (tab: Page, storage: string) => {
      const email = await register(host().instances[0]);
      const credentials = JSON.stringify({ email, password: PASSWORD });
      await tab.evaluate(`
        window.told = [];
        window.body = session.createClient({
          baseUrl: '',
          transport: 'body',
          storage: ${storage},
          onSignedOut: (reason) => told.push(reason),
        });
        body.login(${credentials});`);
      return email;
    };

    it('keeps the session of a tab with its own storage, where another user signs in in another tab', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      const email = await signInByBody(one, 'sessionStorage');
      await one.evaluate(`new BroadcastChannel('portcullis:').onmessage = () => (window.heard = true)`);
      await signInByBody(other, 'sessionStorage');
      await one.waitForFunction('window.heard');
      expect(await one.evaluate('body.me().then((user) => user.email)')).toBe(email);
      await one.evaluate('body.logout()');
      expect([await one.evaluate('told'), await other.evaluate('told')]).toEqual([['logout'], []]);
      expect(await other.evaluate('body.isSignedIn()')).toBe(true);
    });

    it('says in the tabs of one storage that another user has signed in', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      await signInByBody(one, 'localStorage');
      const email = await signInByBody(other, 'localStorage');
      await one.waitForFunction('told.length > 0');
      expect([await one.evaluate('told'), await other.evaluate('told')]).toEqual([['replaced'], []]);
      expect(await one.evaluate('body.me().then((user) => user.email)')).toBe(email);
    });

    /**
     * Another client in a tab, `late`, which has read its profile once and then gets no message before `deliver()`; `lateTold`
     * has its reasons.
     */
    const withLateMessages = async (tab: Page, transport: 'cookie' | 'body') => {
      await tab.evaluate(`
        window.held = [];
        const Native = BroadcastChannel;
        globalThis.BroadcastChannel = class extends Native {
          addEventListener = (type, listener) =>
            super.addEventListener(type, (event) => held.push(() => listener(event)));
        };
        window.deliver = async () => {
          for (const pass of held.splice(0)) {
            pass();
            await new Promise((next) => setTimeout(next));
          }
        };
        window.lateTold = [];
        window.late = session.createClient({
          baseUrl: '',
          transport: '${transport}',
          ${transport === 'body' ? 'storage: localStorage,' : ''}
          onSignedOut: (reason) => lateTold.push(reason),
        });
        globalThis.BroadcastChannel = Native;
        window.kept = () => JSON.parse(localStorage.getItem('portcullis:'))?.session;
        late.me().then(() => (window.first = kept()));`);
      await tab.waitForFunction('window.first !== undefined');
    };
    const signInBy = {
      cookie: (tab: Page) => host().signIn(tab),
      body: (tab: Page) => signInByBody(tab, 'localStorage'),
    };
    const TRANSPORTS = ['cookie', 'body'] as const;
    const outcome = (tab: Page, request: string) =>
      tab.evaluate(`${request}.then((user) => user?.email, ({ code }) => code)`);
    const lateReasons = async (tab: Page) => {
      await tab.evaluate('deliver()');
      await outcome(tab, 'late.me()');
      return tab.evaluate('lateTold');
    };

    describe.each(TRANSPORTS)('in the %s transport, before any message of the other tab', (transport) => {
      const tabs = async () => {
        const [one, other] = [await host().openTab(), await host().openTab()];
        await signInBy[transport](one);
        await withLateMessages(other, transport);
        return { one, other };
      };

      it.each(['late.me()', 'late.logout()', 'late.refresh()', `late.stepUp({ password: 'of the first' })`])(
        'sends no %s of a page that shows somebody else, but says first that another account has signed in',
        async (request) => {
          const { one, other } = await tabs();
          const email = await signInBy[transport](one);
          await other.waitForFunction('![undefined, first].includes(kept())');
          host().proxy.seen.length = 0;
          expect(await outcome(other, request)).toBe('invalid_token');
          expect([await other.evaluate('lateTold'), host().proxy.seen]).toEqual([['replaced'], []]);
          expect(await outcome(other, 'late.me()')).toBe(email);
          expect(await lateReasons(other)).toEqual(['replaced']);
        },
      );

      it('says once that the user has signed out', async () => {
        const { one, other } = await tabs();
        await one.evaluate(transport === 'body' ? 'body.logout()' : 'session.logOut()');
        await other.waitForFunction('kept() === undefined');
        expect(await outcome(other, 'late.me()')).toBe('unauthenticated');
        expect(await other.evaluate('lateTold')).toEqual(['logout']);
        expect(await lateReasons(other)).toEqual(['logout']);
      });

      it('says so also in a page to which the user goes back', async () => {
        const { one, other } = await tabs();
        await one.evaluate(transport === 'body' ? 'body.logout()' : 'session.logOut()');
        await other.waitForFunction('kept() === undefined');
        await other.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
        await other.waitForFunction('lateTold.length > 0');
        expect(await lateReasons(other)).toEqual(['logout']);
      });
    });

    const logsIn = (tab: Page, email: string) =>
      tab.evaluate(`session.logIn(${JSON.stringify({ email, password: PASSWORD })})`);

    it('stays with the account that has signed in last, however late it hears of the others', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      const email = await host().signIn(one);
      await withLateMessages(one, 'cookie');
      await host().signIn(other);
      await other.evaluate('session.client.refresh()');
      await logsIn(other, email);
      const last = await other.evaluate(`JSON.parse(localStorage.getItem('portcullis:')).session`);
      await one.waitForFunction(`held.length === 3 && kept() === ${JSON.stringify(last)}`);
      expect(await lateReasons(one)).toEqual([]);
      expect(await outcome(one, 'late.me()')).toBe(email);
      await host().signIn(other);
      await one.waitForFunction(`![undefined, ${JSON.stringify(last)}].includes(kept())`);
      host().proxy.seen.length = 0;
      expect(await outcome(one, 'late.me()')).toBe('invalid_token');
      expect([await one.evaluate('lateTold'), host().proxy.seen]).toEqual([['replaced'], []]);
    });

    it('knows a session again that the storage had lost, and says when it is over', async () => {
      const [one, other] = [await host().openTab(), await host().openTab()];
      await host().signIn(one);
      await withLateMessages(other, 'cookie');
      await one.evaluate('localStorage.clear()');
      expect(await host().calls(one, ['/users/me'])).toEqual([200]);
      await other.waitForFunction('kept() === undefined');
      expect(await lateReasons(other)).toEqual(['logout']);
      await host().expireAccess();
      expect(await host().calls(one, ['/users/me'])).toEqual([200]);
      await other.waitForFunction('held.length > 0 && kept() === first');
      expect(await lateReasons(other)).toEqual(['logout']);
      await one.evaluate('session.logOut()');
      await other.waitForFunction('kept() === undefined');
      expect(await outcome(other, 'late.me()')).toBe('unauthenticated');
      expect([await one.evaluate('session.reasons'), await other.evaluate('lateTold')]).toEqual([
        ['logout', 'logout'],
        ['logout', 'logout'],
      ]);
    });

    it('knows its session again if the storage does not come to show what another tab has told', async () => {
      const tab = await host().openTab();
      await host().signIn(tab);
      const told = { session: 'of a clock', user: 'that was wrong', stamp: '9' };
      // Sent from the same tab: a second client would hear it, too, and empty the storage when it hears of the end first.
      await tab.evaluate(
        `window.channel = new BroadcastChannel('portcullis:'); channel.postMessage(${JSON.stringify(told)})`,
      );
      await tab.waitForFunction('session.reasons.length > 0');
      const { session } = await tab.evaluate<{ session: string }>(
        `JSON.parse(localStorage.getItem('portcullis:'))`,
      );
      const ended = JSON.stringify({ ended: session, reason: 'session_ended' });
      await tab.evaluate(`setInterval(() => channel.postMessage(${ended}), 50)`);
      await tab.waitForFunction('session.reasons.length > 1');
      expect(await tab.evaluate('session.reasons')).toEqual(['replaced', 'session_ended']);
    });

    /** Signs a new user in by another client in a tab, `own`, whose requests are sent by `send`; `ownTold` has its reasons. */
    const signInBySender = async (tab: Page, send: string) => {
      const email = await register(host().instances[0]);
      await tab.evaluate(`
        window.ownTold = [];
        window.own = session.createClient({
          baseUrl: '',
          transport: 'cookie',
          onSignedOut: (reason) => ownTold.push(reason),
          fetch: ${send},
        });
        own.login(${JSON.stringify({ email, password: PASSWORD })});`);
      return email;
    };

    it('sends a logout before it says so, also where the storage has lost the session', async () => {
      const tab = await host().openTab();
      await signInBySender(tab, '(path, init) => (ownTold.push(path), fetch(path, init))');
      await tab.evaluate('localStorage.clear(), own.logout()');
      expect(await tab.evaluate('ownTold')).toEqual(['/auth/login', '/auth/logout', 'logout']);
      expect(await outcome(tab, 'own.me()')).toBe('unauthenticated');
    });

    it.each(['the same user in another tab', 'another user in this tab'])(
      'says nothing where a late answer ends a session that the login of %s has replaced',
      async (who) => {
        const [one, other] = [await host().openTab(), await host().openTab()];
        const ended = `new Response('{"code":"session_ended"}', { status: 401 })`;
        const email = await signInBySender(
          one,
          `(path, init) => init.method === 'GET'
            ? new Promise((resolve) => (window.answer = () => resolve(${ended})))
            : fetch(path, init)`,
        );
        await one.evaluate('window.pending = own.me().catch(({ code }) => code), null');
        await one.waitForFunction('window.answer !== undefined');
        const kept = `JSON.parse(localStorage.getItem('portcullis:')).session`;
        const first = JSON.stringify(await one.evaluate(kept));
        if (who === 'the same user in another tab') await logsIn(other, email);
        else {
          const another = { email: await register(host().instances[0]), password: PASSWORD };
          await one.evaluate(`own.login(${JSON.stringify(another)})`);
        }
        await one.waitForFunction(`${kept} !== ${first}`);
        expect(await one.evaluate('own.isSignedIn()')).toBe(true);
        expect(await one.evaluate('answer(), pending')).toBe('session_ended');
        expect([await one.evaluate('ownTold'), await one.evaluate('own.isSignedIn()')]).toEqual([[], true]);
      },
    );

    it('runs in a worker', async () => {
      const tab = await host().openTab();
      const email = await register(host().instances[0]);
      const worker = JSON.stringify(await bundled(WORKER));
      const data = JSON.stringify({ credentials: { email, password: PASSWORD } });
      const answer = await tab.evaluate(`new Promise((resolve, reject) => {
        const url = URL.createObjectURL(new Blob([${worker}], { type: 'text/javascript' }));
        const worker = new Worker(url, { type: 'module' });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage({ baseUrl: location.origin, ...${data} });
      })`);
      expect(answer).toEqual({ email, reasons: ['logout'] });
    });

    /** A tab, and its worker, in both of which somebody is signed in; `told` has what the worker has answered. */
    const signedInWithWorker = async () => {
      const tab = await host().openTab();
      await tab.evaluate(`
        window.told = [];
        const url = URL.createObjectURL(new Blob([${JSON.stringify(await bundled(WATCHER))}], { type: 'text/javascript' }));
        window.worker = new Worker(url, { type: 'module' });
        worker.onmessage = ({ data }) => told.push(data);
        worker.postMessage(null);`);
      await tab.waitForFunction('told.length > 0');
      await host().signIn(tab);
      await tab.waitForFunction('worker.postMessage(null), told.at(-1).isSignedIn');
      return tab;
    };

    it('knows in a worker that a page has signed in and out', async () => {
      const tab = await signedInWithWorker();
      await tab.evaluate('session.logOut()');
      await tab.waitForFunction(`told.some(({ reason }) => reason === 'logout')`);
      const told = await tab.evaluate<{ reason: string }[]>('told');
      expect(told.find(({ reason }) => reason === 'logout')).toEqual({ reason: 'logout', isSignedIn: false });
    });

    it('knows in a page that a worker has signed out', async () => {
      const tab = await signedInWithWorker();
      await tab.evaluate(`worker.postMessage('log out')`);
      await tab.waitForFunction('session.reasons.length > 0');
      expect(await tab.evaluate('session.reasons')).toEqual(['logout']);
      expect(await tab.evaluate('session.client.isSignedIn()')).toBe(false);
    });
  },
);
