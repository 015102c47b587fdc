import { test as base } from '@playwright/test';
import { type Portcullis, start } from './portcullis.js';
import type { StartOptions } from './types.js';

export { authenticator } from './authenticator.js';

/** What `test` gives to its functions. */
export interface Fixtures {
  /** How the service starts, to be set under `use` of the configuration; `{ limits: 'off' }` is the default of its limits. */
  portcullisOptions: StartOptions;
  /** A service of the worker, without limits. Call `reset` where a test must not see what another has left. */
  portcullis: Portcullis;
}

/** Playwright's `test` with a service that starts when a test of the worker first uses it. */
export const test = base.extend<object, Fixtures>({
  portcullisOptions: [{}, { scope: 'worker', option: true }],
  portcullis: [
    async ({ portcullisOptions }, use) => {
      const portcullis = await start({ limits: 'off', ...portcullisOptions });
      await use(portcullis);
      await portcullis.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});
