import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from './build.mjs';

// Runs TypeORM's command line with ormconfig.ts, for example `node scripts/typeorm.mjs migration:run`. Builds first, uses
// the embedded database if none is configured, and takes the same lock and issues the same grants as the migrations at
// the start of the service.
await buildIfStale();
const { loadEnvironment } = await import('../dist/src/platform/config/load-environment.js');
const { withStartFault } = await import('../dist/src/platform/config/start-fault.js');
const { failureOf } = await import('../dist/src/app/failure.js');
const { ownerVariable, reachDatabase } = await import('../dist/src/app/prepare-database.js');
const { StartInterrupted } = await import('../dist/src/platform/database/advisory-lock.js');
const { changeSchema } = await import('../dist/src/platform/database/migrate.js');

// TypeORM's process would go on without the lock if only this one ended.
const interruption = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => interruption.abort(signal));

try {
  process.exitCode = await run();
} catch (error) {
  // A line for each fault, as the service writes them. What follows in a script must not take a schema for migrated that is not.
  const { exitCode, lines } =
    error instanceof StartInterrupted
      ? { exitCode: 1, lines: ['Interrupted: run it again to finish.'] }
      : failureOf(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}

async function run() {
  const { environment, stop } = await reachDatabase(loadEnvironment());
  try {
    return await withStartFault(ownerVariable(environment), () =>
      changeSchema(environment, () => typeorm(environment, process.argv.slice(2)), interruption),
    );
  } finally {
    await stop();
  }
}

async function typeorm(environment, args) {
  const { signal } = interruption;
  if (signal.aborted) throw new StartInterrupted();
  const cli = createRequire(import.meta.url).resolve('typeorm/cli.js');
  const dataSource = fileURLToPath(new URL('../dist/ormconfig.js', import.meta.url));
  const { DATABASE_URL, DATABASE_MIGRATION_URL = '' } = environment;
  const child = spawn(process.execPath, [cli, '--dataSource', dataSource, ...args], {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL, DATABASE_MIGRATION_URL },
  });
  signal.addEventListener('abort', () => child.kill(signal.reason));
  const [code] = await once(child, 'exit');
  // Nothing is granted: what its migration waited for may still be locked.
  if (code === null && signal.aborted) throw new StartInterrupted();
  return code ?? 1;
}
