import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { newAddress, PASSWORD, signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp } from '../support/app/test-app.js';
import { startTcpProxy } from '../support/network/tcp-proxy.js';
import { freshDatabase } from '../support/postgres/fresh-database.js';
import { eventually } from '../support/time/eventually.js';

/** How long PostgreSQL is unavailable; OUTAGE_SECONDS=30 for a release. */
const OUTAGE_MS = 1000 * Number(process.env['OUTAGE_SECONDS'] ?? 3);
const CLIENTS = 6;

it(
  'an outage of PostgreSQL under load: changes are refused, and all calls are recorded afterwards, in order',
  { timeout: 120_000 },
  async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.drop());
    const { port } = new URL(database.url);
    const proxy = await startTcpProxy(Number(port));
    onTestFinished(() => proxy.stop());
    const through = Object.assign(new URL(database.url), {
      port: String(proxy.port),
      hostname: '127.0.0.1',
    }).href;
    const app = await startApp({ database, listen: true, variables: { DATABASE_URL: through } });
    onTestFinished(() => app.close());
    const { accessToken } = await signUp(app);

    const answered: { requestId: string; client: number; path: string; status: number; tookMs: number }[] =
      [];
    const stopping = new AbortController();
    const call = async (client: number, path: string, init: RequestInit = {}) => {
      const startedMs = performance.now();
      const response = await fetch(app.url + path, init);
      await response.arrayBuffer();
      const requestId = String(response.headers.get('x-request-id'));
      answered.push({
        requestId,
        client,
        path,
        status: response.status,
        tookMs: performance.now() - startedMs,
      });
    };
    const load = Array.from({ length: CLIENTS }, async (_, client) => {
      while (!stopping.signal.aborted) {
        await call(client, '/rate-limits');
        await call(client, '/users/me', { headers: { authorization: `Bearer ${accessToken}` } });
        await call(client, '/auth/register', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: newAddress(), password: PASSWORD }),
        });
        await delay(10);
      }
    });
    await delay(500);
    const before = answered.length;
    proxy.cut();
    await delay(OUTAGE_MS);
    const during = answered.slice(before + CLIENTS);
    proxy.heal();
    await eventually(async () => expect((await app.call({ url: '/health/ready' })).statusCode).toBe(200));
    await delay(500);
    stopping.abort();
    await Promise.all(load);

    const statusesOf = (path: string) => [
      ...new Set(during.filter((one) => one.path === path).map(({ status }) => status)),
    ];
    expect([statusesOf('/rate-limits'), statusesOf('/users/me'), statusesOf('/auth/register')]).toEqual([
      [200],
      [503],
      [503],
    ]);
    expect(Math.max(...during.map(({ tookMs }) => tookMs))).toBeLessThan(2000);
    expect(answered.slice(-CLIENTS).map(({ status }) => status)).not.toContain(503);

    await eventually(
      async () => {
        const rows = await asSuperuser<{ id: string; status: number }>(
          database,
          'SELECT request_id AS id, status FROM audit_calls ORDER BY position, time, audit_calls.id',
        );
        const place = new Map(rows.map(({ id }, index) => [id, index]));
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        for (let client = 0; client < CLIENTS; client += 1) {
          const places = answered
            .filter((one) => one.client === client)
            .map(({ requestId }) => place.get(requestId));
          expect(places).not.toContain(undefined);
          expect(places).toEqual(places.toSorted((one, other) => one! - other!));
        }
      },
      { timeoutMs: 20_000, intervalMs: 250 },
    );
  },
);
