import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { type ServiceProcess, startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

/** The number of times that the process is killed; the nightly run sets CRASH_ROUNDS=20. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 4);
const CLIENTS = 8;

/** The event that must be recorded with a successful call of a path. */
const EVENT_OF: Readonly<Record<string, string>> = {
  '/auth/register': 'user_created',
  '/auth/login': 'authn_login_success',
  '/auth/refresh': 'session_renewed',
  '/auth/logout': 'session_logout',
};

interface Answered {
  readonly requestId: string;
  readonly path: string;
  readonly status: number;
}

describe('a process that is killed under load', { timeout: 600_000 }, () => {
  let database: FreshDatabase;
  let dataDir: string;
  let people = 0;
  beforeAll(async () => {
    database = await freshDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'portcullis-crash-'));
  });
  afterAll(async () => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (): Promise<ServiceProcess> => {
    const service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: {
        NODE_ENV: 'test',
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        DATABASE_MIGRATION_URL: database.ownerUrl,
        BCRYPT_ROUNDS: '4',
        JWT_ALGORITHM: 'ES256',
        ...Object.fromEntries(
          ['DEFAULT', 'ADDRESS', 'LOGIN', 'LOGIN_ADDRESS', 'REGISTER', 'REFRESH'].map((name) => [
            `RATE_LIMIT_${name}`,
            'off',
          ]),
        ),
      },
    });
    await service.ready;
    return service;
  };

  /** Registers, signs in, refreshes and signs out repeatedly until the service has ended; records the responses. */
  async function work({ url }: ServiceProcess, answered: Answered[]): Promise<void> {
    const post = async (path: string, body: object): Promise<Record<string, string>> => {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      answered.push({ path, status: response.status, requestId: response.headers.get('x-request-id') ?? '' });
      return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
    };
    for (;;) {
      const credentials = { email: `person-${(people += 1)}@example.org`, password: PASSWORD };
      await post('/auth/register', credentials);
      const tokens = await post('/auth/login', { ...credentials, tokenTransport: 'body' });
      await post('/auth/login', { ...credentials, password: 'nine crows argue over a roof' });
      const next = await post('/auth/refresh', { refreshToken: tokens['refreshToken'] });
      await post('/auth/logout', { refreshToken: next['refreshToken'] });
    }
  }

  it(`has lost no answered call and no event, and doubled none, ${ROUNDS} times over`, async () => {
    const answered: Answered[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const service = await start();
      const clients = Array.from({ length: CLIENTS }, () => work(service, answered).catch(() => undefined));
      // Measured in responses rather than time, so that a slow machine has as much to lose as a fast one.
      const goal = answered.length + randomInt(60, 250);
      await eventually(() => expect(answered.length).toBeGreaterThan(goal), {
        timeoutMs: 60_000,
        intervalMs: 7,
      });
      service.child.kill('SIGKILL');
      await Promise.all([service.ended, ...clients]);
    }
    const last = await start();
    expect(answered.length).toBeGreaterThan(50 * ROUNDS);
    expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([200, 201, 204, 401]));

    await eventually(
      async () => {
        const calls = await asSuperuser<{ id: string; count: number }>(
          database,
          'SELECT request_id AS id, count(*)::int AS count FROM audit_calls GROUP BY request_id',
        );
        const counts = new Map(calls.map(({ id, count }) => [id, count]));
        const wrong = answered.filter(({ requestId }) => counts.get(requestId) !== 1);
        expect(wrong).toEqual([]);
        expect(calls.filter(({ count }) => count !== 1)).toEqual([]);
      },
      { timeoutMs: 20_000, intervalMs: 200 },
    );
    const events = await asSuperuser<{ id: string; type: string; count: number }>(
      database,
      'SELECT request_id AS id, type, count(*)::int AS count FROM audit_events GROUP BY request_id, type',
    );
    const counted = new Map(events.map(({ id, type, count }) => [`${id} ${type}`, count]));
    const wanted = answered.map(({ requestId, path, status }) =>
      [requestId, status === 401 ? 'authn_login_fail' : EVENT_OF[path]].join(' '),
    );
    expect(wanted.filter((key) => counted.get(key) !== 1)).toEqual([]);
    expect(events.filter(({ type, count }) => count > 1 && !type.startsWith('sys_'))).toEqual([]);
    last.child.kill('SIGTERM');
    expect(await last.ended).toBe(0);
  });
});
