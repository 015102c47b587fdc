import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { memoryFolder } from './test/support/files/memory-folder.js';

const shared = {
  environment: 'node' as const,
  env: { TMPDIR: memoryFolder() },
  setupFiles: ['./test/support/setup/reflect-metadata.ts'],
};

/**
 * PostgreSQL and Redis; unit specs do without, and then no server starts. On a shared CI machine, which may stall for
 * seconds, a test gets two more tries, and the report says so; locally and in the nightly run it gets none.
 */
const withServers = {
  ...shared,
  globalSetup: ['./test/support/setup/servers.ts'],
  retry: process.env['CI'] === 'true' && process.env['NIGHTLY'] !== '1' ? 2 : 0,
};

/**
 * By size: specs beside their source, integration on real servers, e2e over the whole application in the process of the
 * test. Specs of the packages and specs that start the built program, a command, a browser, a proxy or a PostgreSQL of
 * their own are in `test/system` (`npm run test:system`); those that compare the documents with the code, in `test/contract` (`npm run check`). Specs that
 * compare or bound times so closely that other specs would decide the result are in `test/timed`: they run at the end,
 * one at a time.
 */
export default defineConfig({
  test: {
    testTimeout: process.env['NIGHTLY'] === '1' ? 300_000 : 30_000,
    hookTimeout: 60_000,
    // How long others may take on a busy machine. A spec that bounds the time states its own.
    expect: { poll: { timeout: 15_000 } },
    // Specs with servers wait for them, and for tasks with a pause, half of the time.
    maxWorkers: availableParallelism() + 2,
    // The files of a worker share its modules, because evaluating the application takes a second of processor time for
    // each file. A spec that replaces something global puts it back.
    isolate: false,
    projects: [
      { extends: true, test: { ...shared, name: 'unit', include: ['src/**/*.spec.ts'] } },
      {
        extends: true,
        test: { ...withServers, name: 'integration', include: ['test/integration/**/*.spec.ts'] },
      },
      { extends: true, test: { ...withServers, name: 'e2e', include: ['test/e2e/**/*.spec.ts'] } },
      { extends: true, test: { ...withServers, name: 'contract', include: ['test/contract/**/*.spec.ts'] } },
      { extends: true, test: { ...withServers, name: 'system', include: ['test/system/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          ...withServers,
          name: 'timed',
          include: ['test/timed/**/*.spec.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
