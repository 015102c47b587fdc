import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app/app.module.js';
import { storedSecret } from '../platform/config/generated-secrets.js';
import { loadEnvironment } from '../platform/config/load-environment.js';
import { databaseName } from '../platform/database/database-name.js';
import { prepareExistingDatabase } from '../app/existing-database.js';

/** Finds a service of the application by its class. */
export type Find = <T>(service: abstract new (...args: never[]) => T) => T;

/**
 * Runs a command in the same application that serves requests, so that its events are recorded the same way. Throws
 * `ConfigurationFault` if no service has used the database.
 */
export async function withService<T>(work: (find: Find) => Promise<T>): Promise<T> {
  const environment = loadEnvironment(undefined, undefined, storedSecret);
  // Only the service creates the first administrator.
  environment.BOOTSTRAP_ADMIN_EMAIL = environment.BOOTSTRAP_ADMIN_PASSWORD = undefined;
  process.stderr.write(`Database: ${databaseName(environment)}\n`);
  const database = await prepareExistingDatabase(environment);
  try {
    const app: INestApplicationContext = await NestFactory.createApplicationContext(
      AppModule.with(database.environment),
      // Errors go to stderr; stdout is for the result.
      { logger: ['error'], abortOnError: false },
    );
    try {
      return await work((service) => app.get(service, { strict: false }));
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
}
