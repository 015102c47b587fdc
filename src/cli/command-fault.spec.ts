import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../test/support/files/temporary-folder.js';
import { prepareExistingDatabase } from '../app/existing-database.js';
import { loadEnvironment } from '../platform/config/load-environment.js';
import { commandFault } from './command-fault.js';
import { EXIT } from './exit-codes.js';

/** The URL of a database whose host accepts connections and says nothing. */
async function silentDatabase(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `postgres://portcullis@127.0.0.1:${(server.address() as AddressInfo).port}/portcullis`;
}

describe('A command', () => {
  it('ends with the code for a database that is away if its host does not respond', async () => {
    const folder = await temporaryFolder();
    const DATABASE_URL = await silentDatabase();
    const environment = loadEnvironment({ NODE_ENV: 'test', DATA_DIR: folder, DATABASE_URL }, folder);
    const error: unknown = await prepareExistingDatabase(environment).catch((thrown: unknown) => thrown);
    expect(commandFault(error)).toEqual({
      exitCode: EXIT.unavailable,
      lines: ['DATABASE_URL: the host does not respond'],
    });
  });
});
