import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PASSWORD, register } from '../app/accounts.js';
import { asSuperuser } from '../app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../app/test-app.js';
import { freePort } from '../network/free-port.js';
import { startChromium } from './chromium.js';
import { documentedProgram } from './documented-program.js';
import { type RoundRobin, startRoundRobin } from './round-robin.js';

const HTML = `<!doctype html><title>Page</title><link rel="icon" href="data:,">
<script type="module">import * as session from '/session.js'; window.session = session;</script>`;

/** A page with a program that calls the service, and two instances behind one host. */
export class PageOfOneHost {
  private constructor(
    readonly proxy: RoundRobin,
    readonly instances: readonly [TestApp, TestApp],
    private readonly url: string,
    private readonly browser: Browser,
    private person: BrowserContext,
  ) {}

  /** `program` is a module with the functions of the program of docs/integration.md, which is used by default. */
  static async start(program?: string): Promise<PageOfOneHost> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const variables = { PUBLIC_URL: url, TRUSTED_PROXIES: '127.0.0.1/32' };
    const one = await startApp({ listen: true, variables });
    const other = await startBeside(one, { listen: true, variables });
    const body = program ?? (await documentedProgram(1, { "'https://auth.example.com'": "''" }));
    const proxy = await startRoundRobin(port, [one.url, other.url], {
      '/page': { type: 'text/html', body: HTML },
      '/session.js': { type: 'text/javascript', body },
    });
    const browser = await startChromium();
    return new PageOfOneHost(proxy, [one, other], url, browser, await browser.newContext());
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.proxy.stop();
    for (const instance of this.instances.toReversed()) await instance.close();
  }

  /** Starts a new browser profile, and removes all interference with its requests. */
  async reset(): Promise<void> {
    await this.person.close();
    this.proxy.passage = () => ({});
    this.proxy.seen.length = this.proxy.answered.length = 0;
    this.person = await this.browser.newContext();
  }

  /** A tab that shows the page; warnings and errors of its console are added to `messages`. */
  async openTab(messages: string[] = []): Promise<Page> {
    const tab = await this.person.newPage();
    tab.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) messages.push(message.text());
    });
    tab.on('pageerror', (error) => messages.push(error.message));
    await tab.goto(`${this.url}/page`);
    await this.isLoaded(tab);
    return tab;
  }

  async isLoaded(tab: Page): Promise<void> {
    await tab.waitForFunction('window.session !== undefined');
  }

  /** Signs in a new user in this tab; returns the address. */
  async signIn(tab: Page): Promise<string> {
    const email = await register(this.instances[0]);
    const credentials = JSON.stringify({ email, password: PASSWORD });
    const status = await tab.evaluate(`session.logIn(${credentials}).then(({ status }) => status)`);
    if (status !== 200) throw new Error(`The login was answered ${String(status)}.`);
    return email;
  }

  /** Makes these requests from one tab at once; returns their statuses. */
  calls(tab: Page, paths: readonly string[]): Promise<number[]> {
    const list = JSON.stringify(paths);
    return tab.evaluate(
      `Promise.all(${list}.map((path) => session.call(path).then(({ status }) => status, String)))`,
    );
  }

  /** Removes the access token from the browser, as at its expiry, more than ten seconds after the last rotation. */
  async expireAccess(): Promise<void> {
    await this.passTenSeconds();
    await this.person.clearCookies({ name: 'access_token' });
  }

  /** PostgreSQL's clock cannot be changed, so the times of rotations are moved back instead. */
  async passTenSeconds(): Promise<void> {
    await asSuperuser(
      this.instances[0].database,
      `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms'`,
    );
  }

  /** Counts the events of the trail that meet a condition. */
  async countEvents(condition: string): Promise<number> {
    const rows = await asSuperuser(
      this.instances[0].database,
      `SELECT 1 FROM audit_events WHERE ${condition}`,
    );
    return rows.length;
  }
}
