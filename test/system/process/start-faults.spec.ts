import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Failure, failureOf } from '../../../src/app/failure.js';
import { serve } from '../../../src/app/process.js';
import { loadEnvironment } from '../../../src/platform/config/load-environment.js';
import { choosePort } from '../../../src/platform/config/choose-port.js';
import { assertWritableFolder } from '../../../src/platform/config/usable-files.js';
import { prepareDatabase } from '../../../src/app/prepare-database.js';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { SuppliedKey } from '../../../src/sessions/keys/supplied-key.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { freePort } from '../../support/network/free-port.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { startService } from '../../support/servers/service-process.js';
import { startRedis } from '../../support/redis/redis-server.js';

type Variables = Readonly<Record<string, string>>;

const NODE = [process.execPath, 'scripts/start.cjs'] as const;
const SECRETS = {
  JWT_SECRET_KEY: 'one master secret for all of these starts',
  PASSWORD_PEPPER: 'one pepper for all of these starts, too',
};
const PRODUCTION = {
  NODE_ENV: 'production',
  COOKIE_SECURE: 'true',
  DATABASE_URL: 'postgres://u:p@db.internal/x',
  PUBLIC_URL: 'https://id.example.org',
  ...SECRETS,
};
const { privateKey: EC } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** The fault of a start in a folder, up to the point at which a database is needed; null if there is none. */
async function start(variables: Variables, folder: string): Promise<Failure | null> {
  try {
    const environment = loadEnvironment({ DATA_DIR: join(folder, 'data'), ...variables }, folder);
    await choosePort(environment);
    assertWritableFolder('DATA_DIR', environment.DATA_DIR);
    void new SuppliedKey(environment);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

/** The same with a database: everything before the listener. */
async function startOn(variables: Variables, dataDir?: string): Promise<Failure | null> {
  const folder = await temporaryFolder();
  try {
    const given = { NODE_ENV: 'test', DATA_DIR: dataDir ?? folder, ...SECRETS, ...variables };
    const { stop } = await prepareDatabase(loadEnvironment(given, folder));
    await stop();
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

async function database(): Promise<FreshDatabase> {
  const made = await freshDatabase();
  onTestFinished(() => made.drop());
  return made;
}

function changed(
  url: string,
  change: Partial<Pick<URL, 'hostname' | 'port' | 'password' | 'username' | 'pathname' | 'search'>>,
): string {
  return Object.assign(new URL(url), change).href;
}

const refusal = (variable: string) => ({
  exitCode: 78,
  lines: [expect.stringMatching(new RegExp(`^${variable}\\b`))],
});

describe('a start that cannot succeed exits with 78 and one line that names the variable', () => {
  it.each<[string, string, Variables]>([
    ['a port that is a word', 'PORT', { PORT: 'eighty' }],
    ['a port beyond the last', 'PORT', { PORT: '65536' }],
    ['a host that does not exist', 'HOST', { HOST: 'host.invalid', PORT: '0' }],
    ['a host of another machine', 'HOST', { HOST: '192.0.2.1', PORT: '0' }],
    ['a policy that is mistyped', 'RATE_LIMIT_LOGN', { RATE_LIMIT_LOGN: '5/60' }],
    ['a detection that is mistyped', 'DETECT_BRUTE', { DETECT_BRUTE: '5/60' }],
    ['a Redis database that is a word', 'REDIS_URL', { REDIS_URL: 'redis://127.0.0.1/cache' }],
    ['a database number for a cluster', 'REDIS_URL', { REDIS_URL: 'redis://a:1/3,redis://b:1' }],
    ['two schemes of Redis', 'REDIS_URL', { REDIS_URL: 'redis://a:1,rediss://b:1' }],
    ['an address of another database', 'DATABASE_URL', { DATABASE_URL: 'mysql://127.0.0.1/x' }],
    ['an owner without a service', 'DATABASE_URL', { DATABASE_MIGRATION_URL: 'postgres://127.0.0.1/x' }],
    ['certificates that are not there', 'NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }],
    ['a key file that is not there', 'JWT_PRIVATE_KEY_FILE', { JWT_PRIVATE_KEY_FILE: '/nowhere/key.pem' }],
    ['a key file that is a folder', 'JWT_PRIVATE_KEY_FILE', { JWT_PRIVATE_KEY_FILE: '/' }],
    ['a key file that contains no key', 'JWT_PRIVATE_KEY_FILE', { JWT_PRIVATE_KEY_FILE: 'package.json' }],
    ['a key of another algorithm', 'JWT_PRIVATE_KEY', { JWT_PRIVATE_KEY: EC }],
    ['a key twice', 'JWT_PRIVATE_KEY_FILE', { JWT_PRIVATE_KEY: EC, JWT_PRIVATE_KEY_FILE: 'x' }],
    ['a data folder below a file', 'DATA_DIR', { DATA_DIR: 'package.json/data' }],
    ['a data folder that is a file', 'DATA_DIR', { DATA_DIR: 'package.json' }],
    ['a data folder that is not writable', 'DATA_DIR', { DATA_DIR: '/proc/data' }],
    ['a data folder with a long name', 'DATA_DIR', { DATA_DIR: `/tmp/${'x'.repeat(300)}` }],
    ['hashes that are too cheap', 'BCRYPT_ROUNDS', { BCRYPT_ROUNDS: '4' }],
    [
      'plain text in the public address',
      'PUBLIC_URL',
      { ...PRODUCTION, PUBLIC_URL: 'http://id.example.org' },
    ],
    ['plain text in an origin', 'CORS_ORIGINS', { ...PRODUCTION, CORS_ORIGINS: 'http://app.example.org' }],
    ['calls that are not recorded', 'AUDIT_CALLS_ENABLED', { ...PRODUCTION, AUDIT_CALLS_ENABLED: 'false' }],
    ['cookies over plain text', 'COOKIE_SECURE', { ...PRODUCTION, COOKIE_SECURE: 'false' }],
    [
      'TLS off in the address',
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://h/d?sslmode=disable', DATABASE_SSL: 'verify-full' },
    ],
    [
      'TLS unchecked in the address',
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://h/d?sslmode=no-verify', DATABASE_SSL: 'verify-full' },
    ],
    [
      'TLS preferred in the address',
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://h/d?sslmode=prefer', DATABASE_SSL: 'require' },
    ],
    [
      'ssl=0 in the address',
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://h/d?ssl=0', DATABASE_SSL: 'require' },
    ],
    [
      'TLS off only for the owner',
      'DATABASE_MIGRATION_URL',
      {
        DATABASE_URL: 'postgres://h/d',
        DATABASE_MIGRATION_URL: 'postgres://o@h/d?sslmode=disable',
        DATABASE_SSL: 'verify-full',
      },
    ],
  ])('%s', async (_what, variable, variables) => {
    expect(await start(variables, await temporaryFolder())).toEqual(refusal(variable));
  });

  it.each([
    'http://169.254.169.254/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://metadata.google.internal/',
    'http://169.254.169.254./',
  ])('peer fault 63: %s as receiver of alerts', async (url) => {
    expect(await start({ ALERT_WEBHOOK_URL: url }, await temporaryFolder())).toEqual(
      refusal('ALERT_WEBHOOK_URL'),
    );
  });

  it.each([
    '10.0.0.1',
    '127.1',
    '0',
    '3232235777',
    '[::1]',
    '[fc00::1]',
    '[::ffff:10.0.0.1]',
    'localhost',
    '100.64.0.1',
  ])('peer fault 63: https://%s as receiver of alerts in production', async (host) => {
    const variables = {
      ...PRODUCTION,
      ALERT_WEBHOOK_URL: `https://${host}/`,
      ALERT_WEBHOOK_SECRET: 'x'.repeat(20),
    };
    expect(await start(variables, await temporaryFolder())).toEqual(refusal('ALERT_WEBHOOK_URL'));
  });

  it.each<[string, string, Buffer | string]>([
    ['UTF-16', '\\.env', Buffer.from('\uFEFFNODE_ENV=production\n', 'utf16le')],
    ['UTF-16 without a mark', '\\.env', Buffer.from('NODE_ENV=production\n', 'utf16le')],
    ['Latin-1', '\\.env', Buffer.from('OTEL_SERVICE_NAME=für\n', 'latin1')],
    ['a colon', 'PORT in \\.env, line 2', 'HOST=127.0.0.1\nPORT: 4000\n'],
    ['only a name', 'PORT in \\.env, line 1', 'PORT\n'],
    ['a quote that is not closed', 'JWT_ISSUER in \\.env, line 1', 'JWT_ISSUER="https://id\nPORT=4000\n'],
  ])('.env with %s', async (_what, line, content) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '.env'), content);
    const failure = await start({}, folder);
    expect(failure).toEqual({ exitCode: 78, lines: [expect.stringMatching(new RegExp(`^${line}`))] });
    expect(failure!.lines.join()).not.toContain('4000');
  });

  it('.env that is a folder, as a mount of a missing file makes it', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, '.env'));
    expect(await start({}, folder)).toEqual({ exitCode: 78, lines: ['.env cannot be read (EISDIR)'] });
  });
});

describe('a start with unusual but valid settings', () => {
  it.each<[string, Variables]>([
    [
      'variables that Kubernetes makes for a Service called rate-limit',
      {
        RATE_LIMIT_SERVICE_HOST: '10.0.0.1',
        RATE_LIMIT_SERVICE_PORT: '80',
        RATE_LIMIT_SERVICE_PORT_HTTP: '80',
        RATE_LIMIT_PORT: 'tcp://10.0.0.1:80',
        RATE_LIMIT_PORT_80_TCP: 'tcp://10.0.0.1:80',
        RATE_LIMIT_PORT_80_TCP_PROTO: 'tcp',
        RATE_LIMIT_PORT_80_TCP_PORT: '80',
        RATE_LIMIT_PORT_80_TCP_ADDR: '10.0.0.1',
      },
    ],
    [
      'white space round values',
      {
        PORT: ' 0 ',
        HOST: ' 127.0.0.1\n',
        PUBLIC_URL: '\thttps://id.example.org ',
        CORS_ORIGINS: ' https://a.example.org\r\n',
      },
    ],
    ['TLS required twice', { DATABASE_URL: 'postgres://h/d?sslmode=verify-full', DATABASE_SSL: 'require' }],
    [
      'a receiver of alerts in a private network of development',
      { ALERT_WEBHOOK_URL: 'http://127.0.0.1:9000/' },
    ],
  ])('%s', async (_what, variables) => {
    expect(await start(variables, await temporaryFolder())).toBeNull();
  });

  it('reads .env with a byte order mark, Windows line ends and values of several lines', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, '.env'),
      `\uFEFFPORT=4000\r\nexport HOST = 127.0.0.1\r\n# a comment\r\nJWT_ISSUER="a\r\nb"\r\n`,
    );
    const { PORT, HOST } = loadEnvironment({ DATA_DIR: folder }, folder);
    expect([PORT, HOST]).toEqual([4000, '127.0.0.1']);
  });
});

describe('a database that cannot be used', () => {
  it.each<[string, string, string, (db: FreshDatabase) => Promise<Variables> | Variables]>([
    [
      'a port where nothing listens',
      'DATABASE_URL',
      'ECONNREFUSED',
      async ({ url }) => ({ DATABASE_URL: changed(url, { port: String(await freePort()) }) }),
    ],
    [
      'a host that does not exist',
      'DATABASE_URL',
      'ENOTFOUND|EAI_AGAIN',
      ({ url }) => ({ DATABASE_URL: changed(url, { hostname: 'host.invalid' }) }),
    ],
    [
      'a database that does not exist',
      'DATABASE_URL',
      '3D000',
      ({ url }) => ({ DATABASE_URL: changed(url, { pathname: '/nowhere' }) }),
    ],
    [
      'an owner with a wrong password',
      'DATABASE_MIGRATION_URL',
      '28P01',
      ({ url, ownerUrl }) => ({
        DATABASE_URL: url,
        DATABASE_MIGRATION_URL: changed(ownerUrl, { password: 'wrong' }),
      }),
    ],
    [
      'a service with a wrong password',
      'DATABASE_URL',
      '28P01',
      ({ url, ownerUrl }) => ({
        DATABASE_URL: changed(url, { password: 'wrong' }),
        DATABASE_MIGRATION_URL: ownerUrl,
      }),
    ],
    [
      'a server without TLS',
      'DATABASE_SSL',
      'TLS',
      ({ url, ownerUrl }) => ({
        DATABASE_URL: url,
        DATABASE_MIGRATION_URL: ownerUrl,
        DATABASE_SSL: 'require',
      }),
    ],
    [
      'an authority that is not there',
      'DATABASE_URL',
      'ENOENT',
      ({ url }) => ({ DATABASE_URL: changed(url, { search: '?sslrootcert=/nowhere.pem' }) }),
    ],
    [
      'a role with a search path of its own',
      'DATABASE_URL',
      'search_path',
      async (db) => {
        await asSuperuser(
          db,
          `ALTER ROLE ${new URL(db.url).username} IN DATABASE ${db.name} SET search_path = elsewhere`,
        );
        return { DATABASE_URL: db.url, DATABASE_MIGRATION_URL: db.ownerUrl };
      },
    ],
    [
      'a database that is read-only',
      'DATABASE_MIGRATION_URL',
      '25006',
      async (db) => {
        await asSuperuser(db, `ALTER DATABASE ${db.name} SET default_transaction_read_only = on`);
        return { DATABASE_URL: db.url, DATABASE_MIGRATION_URL: db.ownerUrl };
      },
    ],
    [
      'triggers that are switched off',
      'DATABASE_URL',
      'session_replication_role',
      async (db) => {
        await asSuperuser(
          db,
          `ALTER ROLE ${new URL(db.url).username} IN DATABASE ${db.name} SET session_replication_role = replica`,
        );
        return { DATABASE_URL: db.url, DATABASE_MIGRATION_URL: db.ownerUrl };
      },
    ],
  ])('%s', async (_what, variable, reason, variablesOf) => {
    const failure = await startOn(await variablesOf(await database()));
    expect(failure).toEqual({
      exitCode: 78,
      lines: [expect.stringMatching(new RegExp(`^${variable}: .*(${reason})`))],
    });
  });

  it('a data folder of another database, and not its own after a restart', async () => {
    const [first, second, folder] = [await database(), await database(), await temporaryFolder()];
    const on = (db: FreshDatabase) =>
      startOn({ DATABASE_URL: db.url, DATABASE_MIGRATION_URL: db.ownerUrl }, folder);
    expect(await on(first)).toBeNull();
    expect(await on(first)).toBeNull();
    expect(await on(second)).toEqual(refusal('DATA_DIR'));
  });

  it('a data folder in which a file of the service is a folder', async () => {
    const [{ url, ownerUrl }, folder] = [await database(), await temporaryFolder()];
    await mkdir(join(folder, 'installation'));
    const onIt = await startOn({ DATABASE_URL: url, DATABASE_MIGRATION_URL: ownerUrl }, folder);
    expect(onIt).toEqual(refusal('DATA_DIR: .*EISDIR'));
  });

  it('a data folder in which the folder of the embedded database is a file', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'postgres'), '');
    expect(await startOn({}, folder)).toEqual(refusal('DATA_DIR: .*EEXIST'));
  });

  it('can contain an extension and a table of another owner, without privileges on them', async () => {
    const db = await database();
    const owner = new URL(db.ownerUrl).username;
    await asSuperuser(db, 'CREATE EXTENSION pg_stat_statements');
    await asSuperuser(db, 'CREATE TABLE strange (secret text)');
    await asSuperuser(db, `ALTER TABLE strange OWNER TO ${owner}`);
    expect(await startOn({ DATABASE_URL: db.url, DATABASE_MIGRATION_URL: db.ownerUrl })).toBeNull();
    const client = new Client(db.url);
    await client.connect();
    onTestFinished(() => client.end());
    await expect(client.query('SELECT FROM strange')).rejects.toThrow('permission denied');
  });
});

describe('Redis and the listener', () => {
  it.skipIf(inject('redis').kind !== 'own')('a database that the Redis server does not have', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const folder = await temporaryFolder();
    const of = (url: string) =>
      new RedisConnection(loadEnvironment({ DATA_DIR: folder, REDIS_URL: url }, folder));
    const wrong = of(`${redis.url}/99`);
    const outcome = await wrong.onModuleInit().catch(failureOf);
    wrong.onApplicationShutdown();
    expect(outcome).toEqual(refusal('REDIS_URL'));
    const right = of(`${redis.url}/15`);
    await right.onModuleInit();
    expect(right.state).toBe('up');
    right.onApplicationShutdown();
  });

  it('a port that is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const db = await database();
    const folder = await temporaryFolder();
    const { port } = taken.address() as AddressInfo;
    const environment = loadEnvironment(
      {
        NODE_ENV: 'test',
        LOG_LEVEL: 'silent',
        DATA_DIR: folder,
        DATABASE_URL: db.url,
        PORT: String(port),
        JWT_ALGORITHM: 'ES256',
        ...SECRETS,
      },
      folder,
    );
    expect(await serve(environment, () => undefined).catch(failureOf)).toEqual({
      exitCode: 78,
      lines: ['PORT: address already in use (EADDRINUSE)'],
    });
  });
});

describe('a process', { timeout: 120_000 }, () => {
  it('prints the port that it chose for PORT=0, including in the URL of the documentation', async () => {
    const service = await startService({
      command: NODE,
      env: { PORT: '0', DATA_DIR: await temporaryFolder() },
    });
    onTestFinished(async () => {
      service.child.kill('SIGTERM');
      await service.ended;
    });
    await expect.poll(() => service.output(), { timeout: 60_000 }).toMatch(/listening on/i);
    const [, port] = /listening on http:\/\/127\.0\.0\.1:(\d+)/i.exec(service.output())!;
    expect(Number(port)).toBeGreaterThan(0);
    expect(service.output()).toContain(`http://localhost:${port}/docs`);
  });

  it('that migrates reports a database that refuses it in one line, as a start does', async () => {
    const { url, ownerUrl } = await database();
    const migration = await startService({
      command: [process.execPath, 'scripts/migrate.mjs'],
      env: {
        DATA_DIR: await temporaryFolder(),
        DATABASE_URL: url,
        DATABASE_MIGRATION_URL: changed(ownerUrl, { password: 'wrong' }),
      },
    });
    expect([await migration.ended, migration.output()]).toEqual([
      78,
      'DATABASE_MIGRATION_URL: the role or its password was rejected (28P01)\n',
    ]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'runs under a user id without a name, or reports the fault in one line',
    async () => {
      const folder = await temporaryFolder();
      await chmod(folder, 0o777);
      const service = await startService({
        command: ['setpriv', '--reuid=1000670000', '--regid=1000670000', '--clear-groups', ...NODE],
        env: { DATA_DIR: join(folder, randomUUID()) },
      });
      const outcome = await Promise.race([
        service.ready.then(
          () => 'ready',
          () => 'ended',
        ),
        service.ended,
      ]);
      if (outcome === 'ready') service.child.kill('SIGTERM');
      const code = await service.ended;
      const lines = service.output().trimEnd().split('\n');
      const isOneLine = code === 78 && lines.length === 1 && lines[0]!.startsWith('DATA_DIR ');
      expect([outcome, code, isOneLine, lines]).toEqual(
        outcome === 'ready' ? ['ready', 0, false, lines] : [78, 78, true, lines],
      );
    },
  );
});
