import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asSuperuser } from '../app/as-superuser.js';
import { lacksChromium } from './chromium.js';
import type { PageOfOneHost } from './page-of-one-host.js';
import { eventually } from '../time/eventually.js';

/** How often the tokens of all tabs expire at once; ROUNDS=60 at night. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

const REFRESH = 'POST /auth/refresh';

const isSignedIn = (tab: Page) => tab.evaluate<boolean>('session.isSignedIn()');

/**
 * What every program that keeps a session in several tabs must do. The page's `session` has the functions `logIn`,
 * `call`, `logOut` and `isSignedIn`, whose answers have a `status`. `more` declares tests of this program alone.
 */
export function describeTabs(
  what: string,
  start: () => Promise<PageOfOneHost>,
  more: (host: () => PageOfOneHost) => void = () => undefined,
): void {
  describe.skipIf(lacksChromium)(`${what} in Chromium, over two instances`, () => {
    let host: PageOfOneHost;
    beforeAll(async () => {
      host = await start();
    });
    afterAll(() => host.stop());
    beforeEach(() => host.reset());

    const refreshes = () => host.proxy.seen.filter((call) => call === REFRESH).length;
    const reuse = () => host.countEvents(`type = 'authn_token_reuse'`);
    const rotations = () =>
      host.countEvents(`type = 'session_renewed' AND NOT coalesce((details->>'replayed')::boolean, false)`);

    it.each([2, 4, 8])(
      'keeps the session of %i tabs whose token has expired, on a slow network',
      async (count) => {
        const [first, ...others] = await Promise.all(Array.from({ length: count }, () => host.openTab()));
        await host.signIn(first!);
        for (const tab of others) {
          await tab.waitForLoadState();
          await eventually(() =>
            host
              .isLoaded(tab)
              .then(() => isSignedIn(tab))
              .then((yes) => expect(yes).toBe(true)),
          );
        }
        let passed = 0;
        host.proxy.passage = () => ({ lateMs: (passed += 1) % 4 === 0 ? 600 : 0 });
        const before = await rotations();
        for (let round = 0; round < ROUNDS; round += 1) {
          await host.expireAccess();
          const answers = await Promise.all(
            [first!, ...others].map(async (tab, n) => {
              await delay((n * 37 * (round + 1)) % 400);
              return host.calls(tab, ['/users/me', '/users/me/activity']);
            }),
          );
          expect(answers).toEqual(Array.from({ length: count }, () => [200, 200]));
        }
        expect((await rotations()) - before).toBe(ROUNDS);
        // One a round; another where a tab has not yet seen what the one before it wrote to localStorage.
        expect(refreshes()).toBeLessThanOrEqual(2 * ROUNDS);
        expect(await reuse()).toBe(0);
        const alerts = await asSuperuser(host.instances[0].database, 'SELECT rule FROM monitoring_alert');
        expect(alerts).not.toContainEqual({ rule: 'refresh_token_reuse' });
      },
      30_000 + ROUNDS * 10_000,
    );

    it('sends no request and logs no error if nobody has signed in', async () => {
      const messages: string[] = [];
      const tab = await host.openTab(messages);
      expect(await isSignedIn(tab)).toBe(false);
      expect([messages, host.proxy.seen]).toEqual([[], []]);
    });

    it('announces a login and a logout to the other tabs, without errors in their consoles', async () => {
      const messages: string[] = [];
      const one = await host.openTab(messages);
      const other = await host.openTab(messages);
      await host.signIn(one);
      await other.waitForFunction('window.session?.isSignedIn()');
      expect(await host.calls(other, ['/users/me'])).toEqual([200]);
      expect(await other.evaluate(`session.logOut().then(({ status }) => status)`)).toBe(204);
      await one.waitForFunction('window.session?.isSignedIn() === false');
      expect(messages).toEqual([]);
    });

    it('retries a refresh after a limit, an outage and a network failure', async () => {
      const tab = await host.openTab();
      await host.signIn(tab);
      for (const passage of [
        { refusal: { status: 429, headers: { 'retry-after': '1' } } },
        { refusal: { status: 503, headers: { 'retry-after': '1' } } },
        { broken: 'before' as const },
        { broken: 'after' as const },
      ]) {
        await host.expireAccess();
        const earlier = refreshes();
        host.proxy.passage = (call) => (call === REFRESH && refreshes() === earlier + 1 ? passage : {});
        expect([passage, await host.calls(tab, ['/users/me'])]).toEqual([passage, [200]]);
        expect(refreshes()).toBe(earlier + 2);
      }
    });

    it('keeps the session if a proxy loses the answers to the first refreshes', async () => {
      const tab = await host.openTab();
      await host.signIn(tab);
      await host.expireAccess();
      host.proxy.passage = (call) => (call === REFRESH && refreshes() <= 3 ? { lostBy: 502 } : {});
      expect(await host.calls(tab, ['/users/me'])).toEqual([200]);
      expect(refreshes()).toBe(4);
      await host.expireAccess();
      expect(await host.calls(tab, ['/users/me'])).toEqual([200]);
      expect(await reuse()).toBe(0);
    });

    it.each([0, 1])('keeps the user who signs in during a refresh, %i tabs further', async (n) => {
      const tabs = [await host.openTab(), await host.openTab()];
      await host.signIn(tabs[0]!);
      await host.expireAccess();
      host.proxy.passage = (call) => (call === REFRESH ? { lateMs: 1500 } : {});
      const pending = host.calls(tabs[0]!, ['/users/me']).catch(() => []);
      await eventually(() => expect(refreshes()).toBe(1));
      const email = await host.signIn(tabs[n]!);
      await pending;
      await eventually(() => expect(host.proxy.answered).toContain(REFRESH));
      expect(await tabs[n]!.evaluate(`fetch('/users/me').then((answer) => answer.json())`)).toMatchObject({
        email,
      });
    });

    it('is delayed for less than ten seconds by a tab that was frozen during its refresh', async () => {
      const frozen = await host.openTab();
      await host.signIn(frozen);
      const other = await host.openTab();
      await host.expireAccess();
      host.proxy.passage = (call) => (call === REFRESH && refreshes() === 1 ? { lateMs: 20_000 } : {});
      const pending = host.calls(frozen, ['/users/me']).catch(() => []);
      await eventually(() => expect(refreshes()).toBe(1));
      const devTools = await frozen.context().newCDPSession(frozen);
      await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
      const startedMs = performance.now();
      expect(await host.calls(other, ['/users/me'])).toEqual([200]);
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      await devTools.send('Page.setWebLifecycleState', { state: 'active' });
      expect(await pending).toEqual([200]);
      expect(await reuse()).toBe(0);
    });

    it('lets the other tabs continue at once if a tab is closed during its refresh', async () => {
      const closed = await host.openTab();
      await host.signIn(closed);
      const other = await host.openTab();
      await host.expireAccess();
      host.proxy.passage = (call) => (call === REFRESH && refreshes() === 1 ? { lateMs: 3000 } : {});
      const pending = host.calls(closed, ['/users/me']).catch(() => []);
      await eventually(() => expect(refreshes()).toBe(1));
      await closed.close();
      await pending;
      expect(await host.calls(other, ['/users/me'])).toEqual([200]);
      expect(await reuse()).toBe(0);
    });

    it('keeps the session of a user who closes the only tab during a refresh and returns later', async () => {
      const closed = await host.openTab();
      await host.signIn(closed);
      await host.expireAccess();
      const before = await rotations();
      host.proxy.passage = (call) => (call === REFRESH ? { lateMs: 600 } : {});
      const pending = host.calls(closed, ['/users/me']).catch(() => []);
      await eventually(async () => expect(await rotations()).toBe(before + 1));
      await closed.close();
      await pending;
      await delay(1000);
      await host.expireAccess();
      const later = await host.openTab();
      expect(await host.calls(later, ['/users/me'])).toEqual([200]);
      expect(await reuse()).toBe(0);
    });

    it('signs out if the session has ended, and logs no error at the next load', async () => {
      const tab = await host.openTab();
      await host.signIn(tab);
      await asSuperuser(host.instances[0].database, `UPDATE sessions SET revoked_at = now()`);
      await host.expireAccess();
      expect(await host.calls(tab, ['/users/me'])).toEqual([401]);
      const messages: string[] = [];
      expect(await isSignedIn(await host.openTab(messages))).toBe(false);
      expect(messages).toEqual([]);
    });

    more(() => host);
  });
}
