import { test as base } from '@playwright/test';
import { type Portcullis, start } from './portcullis.js';

export { authenticator } from './authenticator.js';

/** What `test` gives to its functions. */
export interface Fixtures {
  /** A service of the worker, without limits. Call `reset` where a test must not see what another has left. */
  portcullis: Portcullis;
}

/** Playwright's `test` with a service that starts when a test of the worker first uses it. */
export const test = base.extend<object, Fixtures>({
  portcullis: [
    // Playwright reads from the first parameter which fixtures this one needs.
    // oxlint-disable-next-line eslint/no-empty-pattern
    async ({}, use) => {
      const portcullis = await start({ limits: 'off' });
      await use(portcullis);
      await portcullis.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});
