import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { newAddress, PASSWORD } from '../../support/app/accounts.js';
import { GATEWAY_PROGRAMS, startGateway } from '../../support/gateway/gateway-proxy.js';
import { sendRaw } from '../../support/gateway/raw-request.js';
import { type RecordingApplication, startApplication } from '../../support/gateway/recording-application.js';
import { type RulesFile, writeRules } from '../../support/gateway/rules-file.js';
import { startTcpProxy, type TcpProxy } from '../../support/network/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import type { ProxyServer } from '../../support/servers/proxy-server.js';
import { type ServiceProcess, startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

/** The limit that operators are told: nobody waits longer for a service that is back. */
const BACK_MS = 5000;
/** The proxies wait for 3 s; a busy machine takes a little longer. */
const PATIENCE_MS = 6000;

/** A busy machine takes a while to start the service. */
const RESTART_MS = 120_000;

const PROGRAMS = GATEWAY_PROGRAMS.filter(({ isInstalled }) => isInstalled || process.env['CI']);

describe.skipIf(inject('redis').kind !== 'own')('applications behind the gateway', () => {
  let rules: RulesFile;
  let redis: RedisServer;
  let database: FreshDatabase;
  let toPostgres: TcpProxy;
  let toService: TcpProxy;
  let service: ServiceProcess;
  let application: RecordingApplication;
  let gateways: ProxyServer[];
  let token: string;

  const start = async () => {
    service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: {
        NODE_ENV: 'test',
        // The issuer of tokens, although the port changes.
        PUBLIC_URL: 'http://localhost:3000',
        DATA_DIR: rules.path.replace('rules.json', 'data'),
        DATABASE_URL: Object.assign(new URL(database.url), { port: String(toPostgres.port) }).href,
        DATABASE_MIGRATION_URL: database.ownerUrl,
        REDIS_URL: redis.url,
        JWT_SECRET_KEY: 'one master secret for the gateway in trouble',
        PASSWORD_PEPPER: 'one pepper for the gateway in trouble, too',
        JWT_ALGORITHM: 'ES256',
        BCRYPT_ROUNDS: '4',
        GATEWAY_PEERS: '127.0.0.1',
        GATEWAY_RULES_FILE: rules.path,
      },
    });
    await service.ready;
  };

  beforeAll(async () => {
    [rules, redis, database, application] = await Promise.all([
      writeRules({ app: { access: 'signed-in', audience: 'app' } }),
      startRedis(),
      freshDatabase(),
      startApplication(),
    ]);
    toPostgres = await startTcpProxy(Number(new URL(database.url).port));
    await start();
    toService = await startTcpProxy(Number(new URL(service.url).port));
    gateways = await Promise.all(
      PROGRAMS.map((program) =>
        startGateway(program, { portcullis: toService.port, application: application.port }),
      ),
    );
    token = await signIn();
  }, RESTART_MS);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    service.child.kill('SIGKILL');
    await service.ended;
    await Promise.all([toService.stop(), toPostgres.stop(), application.stop(), redis.stop()]);
    await database.drop();
    await rules.remove();
  });
  beforeEach(() => {
    application.reached.length = 0;
  });

  async function post(path: string, body: object): Promise<{ readonly accessToken?: string }> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(service.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as { readonly accessToken?: string };
  }

  /** Tries again while a busy machine answers 503. */
  async function signIn(): Promise<string> {
    const email = newAddress();
    const login = { email, password: PASSWORD, tokenTransport: 'body' };
    return eventually(
      async () => {
        await post('/auth/register', { email, password: PASSWORD });
        const { accessToken } = await post('/auth/login', login);
        if (accessToken === undefined) throw new Error('The login was refused.');
        return accessToken;
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
  }

  /** Asks through every proxy at once; returns the statuses in the order of the programs. */
  async function statuses(credential?: string): Promise<number[]> {
    const lines = credential === undefined ? [] : [`Authorization: Bearer ${credential}`];
    const answers = await Promise.all(gateways.map((gateway) => sendRaw(gateway.url, { lines })));
    return answers.map(({ status }) => status);
  }

  const all = (status: number) => PROGRAMS.map(() => status);
  /** The statuses for a person, as soon as all of them pass or the time is over. */
  async function statusesWhenBack(credential = token): Promise<number[]> {
    const deadline = performance.now() + BACK_MS;
    let found = await statuses(credential);
    while (found.some((status) => status !== 200) && performance.now() < deadline)
      found = await statuses(credential);
    return found;
  }

  /** What happens to requests with and without a credential; nobody may wait for long. */
  async function outcome(credential = token) {
    const before = application.reached.length;
    const startedAt = performance.now();
    const found = await Promise.all([statuses(credential), statuses()]);
    return {
      refused: found.flat().map((status) => status >= 500),
      inTime: performance.now() - startedAt < PATIENCE_MS,
      reached: application.reached.length - before,
    };
  }

  const CLOSED = { refused: [...PROGRAMS, ...PROGRAMS].map(() => true), inTime: true, reached: 0 };

  it('are closed while the service is paused, and open once it goes on', async () => {
    expect(await statusesWhenBack()).toEqual(all(200));
    service.child.kill('SIGSTOP');
    expect(await outcome()).toEqual(CLOSED);
    service.child.kill('SIGCONT');
    expect(await statusesWhenBack()).toEqual(all(200));
  });

  it('stay open for those who may pass, and closed for all others, without Redis', async () => {
    expect(await statusesWhenBack()).toEqual(all(200));
    await redis.kill();
    expect(await statusesWhenBack()).toEqual(all(200));
    expect(await statuses()).toEqual(all(401));
    expect(await statuses(`${token}x`)).toEqual(all(401));
    await redis.restart();
    expect(await statusesWhenBack()).toEqual(all(200));
  });

  it('open for nobody whose session cannot be read, without PostgreSQL', async () => {
    const unseen = await signIn();
    toPostgres.cut();
    const { refused, reached } = await outcome(unseen);
    expect([refused.slice(0, PROGRAMS.length), reached]).toEqual([PROGRAMS.map(() => true), 0]);
    toPostgres.heal();
    expect(await statusesWhenBack(unseen)).toEqual(all(200));
    expect(await statuses()).toEqual(all(401));
  });

  it(
    'are closed while the service is killed, and open once it is back',
    async () => {
      expect([await statuses(token), await statuses()]).toEqual([all(200), all(401)]);
      service.child.kill('SIGKILL');
      await service.ended;
      expect(await outcome()).toEqual(CLOSED);
      await start();
      toService.retarget(Number(new URL(service.url).port));
      expect(await statusesWhenBack()).toEqual(all(200));
    },
    RESTART_MS,
  );
});
