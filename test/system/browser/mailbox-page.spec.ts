import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { CaughtMailbox } from '../../../src/platform/mail/caught-mailbox.js';
import { code, link, paragraph } from '../../../src/platform/mail/mail-content.js';
import { MailOutbox } from '../../../src/platform/mail/mail-outbox.js';
import { mailTemplate } from '../../../src/platform/mail/mail-template.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { axeFindings, openWatched, tabTo, type WatchedPage } from '../../support/browser/watched-page.js';
import { eventually } from '../../support/time/eventually.js';

const HOSTILE = '<img src="/stolen" onerror="parent.document.title = 1"><script>alert(1)</script>';

interface Values {
  readonly subject: string;
  readonly link: string;
  readonly code: string;
}
const words = ({ subject, link: url, code: typed }: Values) => ({
  subject,
  body: [paragraph`${HOSTILE}`, link('Confirm the address', url), code(typed)],
});
const aMail = mailTemplate({
  kind: 'verification',
  placeholders: ['subject', 'link', 'code'],
  words: { en: words, de: words },
});

describe.skipIf(lacksChromium)('the mailbox in Chromium', () => {
  let app: TestApp;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  beforeAll(async () => {
    app = await startApp({ listen: true });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });
  afterEach(async () => {
    await watched.close();
    await asSuperuser(app.database, 'DELETE FROM caught_mails');
  });

  const link = (token: string) => `${app.url}/health/live#token=${token}`;
  const send = async (to: string, subject: string): Promise<void> => {
    await app.app.get(TransactionRunner, { strict: false }).run((tx) =>
      app.app.get(MailOutbox, { strict: false }).send(tx, aMail, {
        to,
        locale: 'en',
        subject: 'user:1',
        values: { subject, link: link('tok-1'), code: 'ABCD2345' },
      }),
    );
    const mailbox = app.app.get(CaughtMailbox, { strict: false });
    await eventually(async () =>
      expect((await mailbox.list({ to }, 0)).map((mail) => mail.subject)).toContain(subject),
    );
  };
  const open = async (query = '', options: Parameters<typeof openWatched>[1] = {}) => {
    watched = await openWatched(browser, options);
    page = watched.page;
    await page.goto(`${app.url}/dev/mailbox${query}`);
    await page.getByText('Up to date').waitFor();
  };
  const entries = () => page.locator('#list button strong').allInnerTexts();
  const subject = () => page.locator('#subject').innerText();
  const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');

  it('shows a mail as soon as it is caught, with what can be opened and copied', async () => {
    await open();
    await page.getByText('No mail yet').waitFor();
    await send('ada@example.com', 'Confirm your address');
    await page.getByRole('heading', { name: 'Confirm your address' }).waitFor();
    await page.getByRole('button', { name: 'Copy' }).nth(0).click();
    expect(await clipboard()).toBe('ABCD2345');
    await page.getByRole('button', { name: 'Copy' }).nth(1).click();
    expect(await clipboard()).toBe(link('tok-1'));
    const [tab] = await Promise.all([page.waitForEvent('popup'), page.locator('#link').click()]);
    expect(tab.url()).toBe(link('tok-1'));
    await send('bob@example.com', 'A second one');
    await page.getByRole('button', { name: 'A second one' }).waitFor();
    expect([await subject(), await page.title()]).toEqual(['Confirm your address', '(1) Mailbox']);
    await page.getByRole('button', { name: 'A second one' }).click();
    expect([await subject(), await page.title()]).toEqual(['A second one', 'Mailbox']);
    expect(watched.complaints).toEqual([]);
  });

  it('is filtered by a part of the recipient, which its address keeps', async () => {
    await send('ada@example.com', 'To Ada');
    await send('bob@example.com', 'To Bob');
    await open('?to=ADA@');
    await page.getByRole('heading', { name: 'To Ada' }).waitFor();
    expect(await entries()).toEqual(['To Ada']);
    await page.getByLabel('To', { exact: true }).fill('bob');
    expect([await entries(), await subject()]).toEqual([['To Bob'], 'To Bob']);
    expect(page.url()).toBe(`${app.url}/dev/mailbox?to=bob`);
    await page.getByLabel('To', { exact: true }).fill('nobody');
    await page.getByText('No mail to such an address.').waitFor();
    await page.getByLabel('To', { exact: true }).fill('');
    expect(await entries()).toHaveLength(2);
    expect(page.url()).toBe(`${app.url}/dev/mailbox`);
  });

  it('shows the HTML of a mail in a frame that runs nothing, and its links in a new tab', async () => {
    await send('ada@example.com', HOSTILE);
    await open();
    expect(await entries()).toEqual([HOSTILE]);
    await page.getByLabel('HTML').check();
    const frame = page.frameLocator('#html');
    await frame.getByText(HOSTILE).waitFor();
    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      frame.getByRole('link', { name: 'Confirm the address' }).click(),
    ]);
    expect(tab.url()).toBe(link('tok-1'));
    expect(await page.title()).toBe('Mailbox');
    expect(watched.requests.filter((request) => request.includes('stolen'))).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  it('goes on by itself after the service was away', async () => {
    await open();
    await page.route(/\/dev\/mailbox(\?|$)/, (route) => route.abort());
    await send('ada@example.com', 'First');
    await page.getByText('The service does not answer.').waitFor();
    await page.unroute(/\/dev\/mailbox(\?|$)/);
    await page.getByRole('heading', { name: 'First' }).waitFor();
    expect(await entries()).toEqual(['First']);
  });

  it('works by keyboard alone, and axe-core finds nothing', async () => {
    await send('ada@example.com', 'Older');
    await send('ada@example.com', 'Newer');
    await open();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFindings(page)).toEqual([]);
    }
    await tabTo(page, '#to');
    await page.keyboard.type('ada');
    await tabTo(page, '#list button');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await subject()).toBe('Older');
    await tabTo(page, '[data-copy=token]');
    await page.keyboard.press('Space');
    expect(await clipboard()).toBe('tok-1');
    expect(watched.complaints).toEqual([]);
  });
});
