import { CommanderError } from 'commander';
import { generateKeyPair } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../ephemeral/cluster/cache-folder.js';
import { type EphemeralOptions, ephemeralOptions } from '../ephemeral/ephemeral-options.js';
import { assertNotAnInstallation, assertRead, readableVariables } from '../ephemeral/ephemeral-variables.js';
import { Lifetime } from '../ephemeral/process/lifetime.js';
import { lineageOf } from '../ephemeral/process/lineage.js';
import { startThrowawayDatabase } from '../ephemeral/throwaway-database.js';
import { assertFree } from '../platform/config/choose-port.js';
import { StartFault } from '../platform/config/start-fault.js';
import { assertAppendable } from '../platform/config/usable-files.js';
import type { RunningService } from './ephemeral-service.js';
import { EXIT } from './exit-codes.js';
import { ignoreClosedOutput } from './terminal/output.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** The smallest size that is accepted, because every start generates a key. */
const RSA_BITS = 2048;

/**
 * Runs a throwaway service until a signal or the end of its parent ends the process. `variables` are those of the process.
 * Writes one line of JSON to standard output when the service is ready.
 */
export async function runEphemeral(words: readonly string[], variables: Variables): Promise<void> {
  ignoreClosedOutput();
  let lifetime: Lifetime | null = null;
  try {
    const options = ephemeralOptions(words);
    if (!options.ignoreEnv) assertNotAnInstallation(variables);
    assertRead(options.assertRead);
    if (options.port !== null) await assertFree('127.0.0.1', options.port, `--port ${options.port}`);
    if (options.log !== null) assertAppendable('--log', options.log);
    const lineage = lineageOf(process.pid);
    if (lineage === null) throw new Error('The process that started this one has ended.');
    const folder = temporaryFolder();
    lifetime = new Lifetime(folder, lineage);
    const { url, adminKey } = await start(options, variables, folder, lifetime);
    const mailbox = `${url}/dev/mailbox`;
    process.stdout.write(`${JSON.stringify({ url, adminKey, mailbox })}\n`);
  } catch (error) {
    const exitCode = await report(error);
    if (lifetime) await lifetime.end(exitCode);
    process.exit(exitCode);
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'portcullis-ephemeral-'));
  } catch (error) {
    throw new StartFault('TMPDIR', error);
  }
}

/** Returns the running service. PostgreSQL is prepared and the key is made while the code of the service is loaded. */
async function start(
  options: EphemeralOptions,
  variables: Variables,
  folder: string,
  lifetime: Lifetime,
): Promise<RunningService> {
  const database = startThrowawayDatabase(folder, cacheFolder(variables));
  lifetime.beforeEnd(async () => (await database).stop());
  const [{ serviceUrl, ownerUrl }, { privateKey }, { startService }] = await Promise.all([
    database,
    promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS }),
    import('./ephemeral-service.js'),
  ]);
  const prepared = { folder, serviceUrl, ownerUrl, signingKey: privateKey };
  const service = await startService(readableVariables(variables), options, prepared);
  lifetime.beforeEnd(() => service.stop());
  return service;
}

/** Writes the reason why the process ends to standard error, and returns its exit code. */
async function report(error: unknown): Promise<number> {
  // It has explained itself, and the code below takes a second to load.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  const { reportFault } = await import('./command-fault.js');
  return reportFault(error);
}
