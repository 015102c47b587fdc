import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule, type Parts } from './app.module.js';
import { createAdapter, NEST_OPTIONS, setUp } from './app.setup.js';
import { AuditService } from '../audit/audit.service.js';
import { productVersion } from '../platform/config/product-version.js';
import { StartFault } from '../platform/config/start-fault.js';
import { untilAvailable } from '../platform/database/until-available.js';
import { internalOrigin } from '../platform/http/origin.js';
import type { Environment } from '../platform/config/environment.js';
import { SecretAnnouncer } from '../platform/secret-keys/secret-announcer.js';
import { Drain } from '../platform/health/drain.js';

/** Time limit of a drain in milliseconds, less than the 30 s that orchestrators grant by default. */
const DRAIN_LIMIT_MS = 25_000;

const LIFECYCLE = { outcome: 'success', origin: internalOrigin('lifecycle') } as const;

/** Told why a running service must end. Only the first reason counts. */
export type Fail = (reason: unknown) => void;

/** Creates the service, fully configured but not yet listening. */
export async function createApp(
  environment: Environment,
  parts: Parts = {},
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(environment, parts),
    createAdapter(environment, parts.clock),
    NEST_OPTIONS,
  );
  app.useLogger(app.get(Logger));
  await setUp(app, environment);
  return app;
}

/**
 * Starts listening. Returns a function that stops accepting, finishes open requests, flushes and disconnects. Calls `fail`
 * with the reason if the service must end although nobody asked for it.
 */
export async function serve(
  environment: Environment,
  fail: Fail,
  parts?: Parts,
): Promise<() => Promise<void>> {
  const app = await createApp(environment, parts);
  app.get(SecretAnnouncer, { strict: false }).lacking.subscribe(fail);
  try {
    await app.listen(environment.PORT, environment.HOST);
  } catch (error) {
    await app.close();
    throw listenFault(error);
  }
  const logger = app.get(Logger);
  const audit = app.get(AuditService);
  const started = { ...LIFECYCLE, type: 'sys_startup', details: { version: productVersion() } } as const;
  // On a busy machine PostgreSQL may not respond in time, which is no reason to end.
  await untilAvailable(() => audit.recordAlone(started));
  const documentation = environment.DOCS_ENABLED ? `; documentation at ${environment.PUBLIC_URL}/docs` : '';
  logger.log(`Listening on ${await app.getUrl()}${documentation}`);
  if (environment.NODE_ENV === 'production' && isLoopback(environment.PUBLIC_URL))
    logger.warn(
      `PUBLIC_URL is ${environment.PUBLIC_URL}, a loopback URL, and is used as the issuer of tokens`,
    );
  return async () => {
    app.get(Drain).begin();
    // This entry goes to the spool: PostgreSQL may be down, which may be why the process stops.
    audit.recordRefusal({ ...LIFECYCLE, type: 'sys_shutdown', details: {} });
    const limit = setTimeout(() => {
      logger.error('Requests were still in flight when the drain timed out');
      process.exit(1);
    }, DRAIN_LIMIT_MS);
    await app.close();
    clearTimeout(limit);
  };
}

/** Returns a fault that names the variable to correct: the port is taken or reserved, or the host is wrong. */
function listenFault(error: unknown): StartFault {
  const { code } = error as NodeJS.ErrnoException;
  return new StartFault(code === 'EADDRINUSE' || code === 'EACCES' ? 'PORT' : 'HOST', error);
}

function isLoopback(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}
