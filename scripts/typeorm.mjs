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
const { faultOf } = await import('../dist/src/platform/config/start-fault.js');
const { failureOf } = await import('../dist/src/app/failure.js');
const { ownerVariable, reachDatabase } = await import('../dist/src/app/prepare-database.js');
const { changeSchema } = await import('../dist/src/platform/database/migrate.js');

try {
  process.exitCode = await run();
} catch (error) {
  // A line for each fault, as the service writes them.
  const { exitCode, lines } = failureOf(error);
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}

async function run() {
  const { environment, stop } = await reachDatabase(loadEnvironment());
  try {
    return await faultOf(ownerVariable(environment), () =>
      changeSchema(environment, () => typeorm(environment, process.argv.slice(2))),
    );
  } finally {
    await stop();
  }
}

async function typeorm(environment, args) {
  const cli = createRequire(import.meta.url).resolve('typeorm/cli.js');
  const dataSource = fileURLToPath(new URL('../dist/ormconfig.js', import.meta.url));
  const { DATABASE_URL, DATABASE_MIGRATION_URL = '' } = environment;
  const child = spawn(process.execPath, [cli, '--dataSource', dataSource, ...args], {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL, DATABASE_MIGRATION_URL },
  });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
