import { test as base, type TestAPI } from 'vitest';
import { type Portcullis, start } from './portcullis.js';

/** What `test` gives to its functions. */
export interface Fixtures {
  /** A service of the worker, without limits. Call `reset` where a test must not see what another has left. */
  portcullis: Portcullis;
}

/** Vitest's `test` with a service that starts when a test of the worker first uses it. */
export const test: TestAPI<Fixtures> = base.extend<Fixtures>({
  portcullis: [
    // Vitest reads from the first parameter which fixtures this one needs.
    // oxlint-disable-next-line eslint/no-empty-pattern
    async ({}, use: (portcullis: Portcullis) => Promise<void>) => {
      const portcullis = await start({ limits: 'off' });
      await use(portcullis);
      await portcullis.stop();
    },
    { scope: 'worker' },
  ],
});
