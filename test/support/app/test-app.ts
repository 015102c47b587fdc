import type { Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { LightMyRequestResponse } from 'fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppModule } from '../../../src/app/app.module.js';
import { createAdapter, NEST_OPTIONS, setUp } from '../../../src/app/app.setup.js';
import { Clock } from '../../../src/platform/clock/clock.js';
import type { Environment } from '../../../src/platform/config/environment.js';
import { loadEnvironment } from '../../../src/platform/config/load-environment.js';
import { freshDatabase, type FreshDatabase } from '../postgres/fresh-database.js';

export type Variables = Readonly<Record<string, string>>;

export interface TestAppOptions {
  /** Additional variables, which override {@link TEST_VARIABLES}. */
  readonly variables?: Variables;
  /**
   * A database that several applications of a test share; by default, the application has its own, which is dropped at
   * the end.
   */
  readonly database?: FreshDatabase;
  readonly clock?: Clock;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** Additional routes of the test. */
  readonly controllers?: Type[];
  /** Listens on a free loopback port; without it, requests are injected. */
  readonly listen?: boolean;
}

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly environment: Environment;
  readonly database: FreshDatabase;
  /** The URL on which it listens, without a trailing slash; empty if it does not listen. */
  readonly url: string;
  readonly call: (request: TestRequest) => Promise<LightMyRequestResponse>;
  readonly close: () => Promise<void>;
}

export interface TestRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS';
  readonly url: string;
  /** An object is sent as JSON. */
  readonly body?: object | string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
}

/**
 * Cheap hashes, no limits and no log output, which few specs are about. Few connections, because the start uses as many as it
 * may, and each takes 10 ms of processor time before it knows the tables.
 */
const TEST_VARIABLES: Variables = {
  NODE_ENV: 'test',
  PORT: '0',
  PUBLIC_URL: 'http://localhost:3000',
  JWT_ALGORITHM: 'ES256',
  BCRYPT_ROUNDS: '4',
  LOG_LEVEL: 'silent',
  DATABASE_POOL_SIZE: '4',
  ...Object.fromEntries(
    [
      'DEFAULT',
      'ADDRESS',
      'KEY',
      'LOGIN',
      'LOGIN_ADDRESS',
      'REGISTER',
      'REFRESH',
      'MAIL',
      'MAIL_ADDRESS',
      'SECRET',
      'FACTOR',
      'PASSKEY',
      'GATE',
    ].map((name) => [`RATE_LIMIT_${name}`, 'off']),
  ),
};

/** Starts the whole service on its own database, configured in the same way as in production. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await freshDatabase());
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-app-'));
  const environment = loadEnvironment(
    {
      ...TEST_VARIABLES,
      DATA_DIR: folder,
      DATABASE_URL: database.url,
      DATABASE_MIGRATION_URL: database.ownerUrl,
      ...options.variables,
    },
    folder,
  );
  const builder = Test.createTestingModule({
    imports: [AppModule.with(environment)],
    controllers: options.controllers ?? [],
  });
  if (options.clock) builder.overrideProvider(Clock).useValue(options.clock);
  const module = await (options.override?.(builder) ?? builder).compile();
  const app = module.createNestApplication<NestFastifyApplication>(createAdapter(environment), {
    ...NEST_OPTIONS,
    logger: false,
  });
  await setUp(app, environment);
  await (options.listen ? app.listen(0, '127.0.0.1') : app.init());
  await app.getHttpAdapter().getInstance().ready();
  return {
    app,
    environment,
    database,
    url: options.listen ? (await app.getUrl()).replace('[::1]', 'localhost') : '',
    call: (request) => inject(app, request),
    close: async () => {
      await app.close();
      if (!options.database) await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts another instance on the database of a running one, with the same secrets. */
export function startBeside(
  { database, environment }: TestApp,
  { variables, ...options }: Omit<TestAppOptions, 'database'> = {},
): Promise<TestApp> {
  const { JWT_SECRET_KEY, PASSWORD_PEPPER } = environment;
  return startApp({ ...options, database, variables: { JWT_SECRET_KEY, PASSWORD_PEPPER, ...variables } });
}

async function inject(app: NestFastifyApplication, request: TestRequest): Promise<LightMyRequestResponse> {
  const { method = request.body === undefined ? 'GET' : 'POST', url, body, token, cookies } = request;
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  return app.inject({
    method,
    url,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...request.headers,
    },
    ...(cookies && { cookies: { ...cookies } }),
    ...(body !== undefined && { payload: isJson ? JSON.stringify(body) : body }),
  });
}
