import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/**
 * The installed Chromium; undefined if there is none. The headless shell is preferred: a profile with one page takes it a
 * quarter of the processor time, because it has no windows.
 */
export const PROGRAM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** Whether specs that need a browser are skipped; never in CI, where a missing browser is a failure. */
export const lacksChromium = PROGRAM === undefined && process.env['CI'] !== 'true';

/**
 * Starts headless Chromium with a new profile; each of its contexts belongs to one user. Throws if it is not
 * installed.
 */
export function startChromium(args: readonly string[] = []): Promise<Browser> {
  if (PROGRAM === undefined)
    throw new Error('Chromium is missing: install the package chromium-headless-shell.');
  return chromium.launch({
    executablePath: PROGRAM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}
