import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** What a browser reports about a page, beside failed requests, which are the page's own affair. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, violations of the Content-Security-Policy and of Trusted Types among them. */
  readonly complaints: string[];
  /** Method and path of every request, in order. */
  readonly requests: string[];
  /** Closes the browser's profile with everything in it. */
  readonly close: () => Promise<void>;
}

/** A page in a profile of its own, with a clipboard. */
export async function openWatched(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const profile = await browser.newContext({
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const page = await profile.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    const isComplaint = ['error', 'warning'].includes(message.type());
    if (isComplaint && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    requests.push(`${request.method()} ${pathname}${search}`);
  });
  return { page, complaints, requests, close: () => profile.close() };
}

/** The findings of axe-core in what the page shows now: each with the rule and the elements concerned. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Not as a script of the page, whose policy would refuse it. A document keeps it.
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`);
}

/** Presses the tabulator until an element that matches has the focus; throws where none gets it. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let tabs = 0; tabs < 20; tabs += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`The keyboard does not reach ${selector}.`);
}
