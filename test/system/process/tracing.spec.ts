import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { exchange } from '../../support/app/raw-exchange.js';
import { temporaryFolder } from '../../support/files/temporary-folder.js';
import { freePort } from '../../support/network/free-port.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { type ServiceProcess, startService } from '../../support/servers/service-process.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { type Collector, type ReceivedSpan, startCollector } from '../../support/servers/collector.js';

const TIMEOUT_MS = 120_000;
const CALLERS_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLERS_SPAN = '00f067aa0ba902b7';
const SAMPLED = `00-${CALLERS_TRACE}-${CALLERS_SPAN}-01`;
const NOT_SAMPLED = '00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

/** A unique value that identifies where it was planted. */
const canary = (place: string) => `canary${place}5d20b8c6`;

let database: FreshDatabase;
let redis: RedisServer | undefined;

beforeAll(async () => {
  database = await freshDatabase();
  if (inject('redis').kind !== 'none') redis = await startRedis();
});
afterAll(async () => {
  await database.drop();
  await redis?.stop();
});

async function start(env: Record<string, string>): Promise<ServiceProcess> {
  const service = await startService({
    command: [process.execPath, 'scripts/start.cjs'],
    env: {
      DATA_DIR: await temporaryFolder(),
      DATABASE_URL: database.url,
      DATABASE_MIGRATION_URL: database.ownerUrl,
      JWT_SECRET_KEY: `${canary('master')} and enough bytes to be a master secret`,
      PASSWORD_PEPPER: `${canary('pepper')} and enough bytes to be a pepper, too`,
      BCRYPT_ROUNDS: '10',
      RATE_LIMIT_DEFAULT: 'off',
      ...(redis && { REDIS_URL: redis.url }),
      ...env,
    },
  });
  onTestFinished(async () => {
    if (service.child.exitCode === null && service.child.signalCode === null) service.child.kill('SIGTERM');
    await service.ended;
  });
  await service.ready;
  return service;
}

async function collector(): Promise<Collector> {
  const started = await startCollector();
  onTestFinished(() => started.stop());
  return started;
}

/** Drains the service, which then sends all recorded spans. */
async function drain(service: ServiceProcess): Promise<void> {
  service.child.kill('SIGTERM');
  expect(await service.ended).toBe(0);
}

async function send(
  service: ServiceProcess,
  target: string,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<{ status: number; requestId: string | null; body: Record<string, unknown> }> {
  const response = await fetch(service.url + target, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

/** Posts a body that is sent only after the server has requested it (100 Continue). */
async function postLate(service: ServiceProcess, target: string, body: object): Promise<number> {
  const text = JSON.stringify(body);
  const post = request(service.url + target, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      expect: '100-continue',
    },
  });
  post.flushHeaders();
  await once(post, 'continue');
  post.end(text);
  const [answer] = (await once(post, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

const traceOfLine = (service: ServiceProcess, requestId: string | null | undefined): unknown => {
  const lines = service.output().split('\n');
  const line = lines.find((one) => one.includes(`"requestId":"${requestId}"`));
  return (JSON.parse(line ?? '{}') as { trace_id?: unknown }).trace_id;
};

const ofKind = (spans: readonly ReceivedSpan[], kind: ReceivedSpan['kind']) =>
  spans.filter((span) => span.kind === kind);

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', { timeout: TIMEOUT_MS }, () => {
  it('each request is a span, its queries to PostgreSQL and Redis are child spans, and none contains a secret', async () => {
    const { url, spans, text } = await collector();
    const service = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`, OTEL_SERVICE_NAME: 'front-door' });
    const email = `${canary('email')}@example.org`;
    const password = `${canary('password')} which nobody guesses`;

    const registered = await send(service, `/auth/register?token=${canary('registerquery')}`, {
      body: { email, password, displayName: canary('displayname') },
    });
    const signedIn = await send(service, '/auth/login', {
      body: { email, password, tokenTransport: 'body' },
    });
    const refused = await send(service, '/auth/login', {
      body: { email, password: canary('wrongpassword') },
    });
    const tokens = ['accessToken', 'refreshToken', 'deviceToken'].map((name) => String(signedIn.body[name]));
    const me = await send(service, `/users/me?token=${canary('query')}`, {
      headers: {
        authorization: `Bearer ${tokens[0]}`,
        cookie: `x=${canary('cookie')}`,
        'user-agent': canary('useragent'),
        'x-forwarded-for': canary('forwarded'),
        'x-api-key': canary('apikey'),
        traceparent: SAMPLED,
        tracestate: `x=${canary('tracestate')}`,
        baggage: `x=${canary('baggage')}`,
      },
    });
    const missing = await send(service, `/nothing/${canary('path')}`, {
      headers: { traceparent: canary('traceparent') },
    });
    await send(service, '/rate-limits', { headers: { traceparent: NOT_SAMPLED } });
    for (const target of [
      '/health/live',
      '/health/ready',
      '/metrics',
      '/docs',
      '/docs/errors',
      '/openapi.json',
    ])
      expect([target, (await send(service, target)).status]).toEqual([target, 200]);
    await drain(service);

    const requests = ofKind(spans, 'server').toSorted((a, b) => a.name.localeCompare(b.name));
    const shared = { kind: 'server', failed: false };
    expect(requests).toMatchObject([
      {
        ...shared,
        name: 'GET',
        parentSpanId: undefined,
        attributes: { 'http.response.status_code': 404, 'portcullis.request_id': missing.requestId },
      },
      {
        ...shared,
        name: 'GET /users/me',
        traceId: CALLERS_TRACE,
        parentSpanId: CALLERS_SPAN,
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/users/me',
          'http.response.status_code': 200,
          'portcullis.request_id': me.requestId,
        },
      },
      ...[signedIn, refused].map((answer) => ({
        ...shared,
        name: 'POST /auth/login',
        attributes: {
          'http.route': '/auth/login',
          'http.response.status_code': answer.status,
          'portcullis.request_id': answer.requestId,
        },
      })),
      {
        ...shared,
        name: 'POST /auth/register',
        attributes: { 'http.response.status_code': 201, 'portcullis.request_id': registered.requestId },
      },
    ]);
    expect(new Set(requests.map(({ traceId }) => traceId)).size).toBe(requests.length);

    const children = ofKind(spans, 'client');
    expect(children.length + requests.length).toBe(spans.length);
    const systemsOf = (request: ReceivedSpan) => {
      const its = children.filter(
        ({ parentSpanId, traceId }) => parentSpanId === request.spanId && traceId === request.traceId,
      );
      return new Set(its.map(({ attributes }) => attributes['db.system.name']));
    };
    const asked = new Set(['postgresql', ...(redis ? ['redis'] : [])]);
    for (const request of requests.filter(({ name }) => name.startsWith('POST')))
      expect(systemsOf(request)).toEqual(asked);
    const parents = new Set(requests.map(({ spanId }) => spanId));
    expect(children.filter(({ parentSpanId }) => !parents.has(parentSpanId ?? ''))).toEqual([]);
    expect(children.map(({ name }) => name)).toEqual(expect.arrayContaining(['SELECT', 'INSERT', 'COMMIT']));

    const told = spans.flatMap(({ attributes }) => Object.keys(attributes));
    expect(told.filter((name) => !TOLD.has(name))).toEqual([]);
    expect(spans[0]?.resource).toMatchObject({
      'service.name': 'front-door',
      'process.pid': service.child.pid,
    });
    expect(text()).not.toMatch(/canary|@example\.org|\$2[aby]\$/i);
    for (const token of tokens) expect(text()).not.toContain(token);

    expect(traceOfLine(service, missing.requestId)).toBe(requests[0]?.traceId);
  });

  it('requests on one connection have separate spans, and a late body belongs to its request', async () => {
    const { url, spans } = await collector();
    const service = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const login = JSON.stringify({ email: 'nobody@example.org', password: 'and no password either' });
    expect(await postLate(service, '/auth/login', JSON.parse(login) as object)).toBe(401);
    const [slow, quick] = await exchange(
      service.url,
      `POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${login.length}\r\n\r\n${login}` +
        'GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    expect([slow?.status, quick?.status]).toEqual([401, 404]);
    await drain(service);
    const requests = ofKind(spans, 'server');
    expect(requests).toHaveLength(3);
    for (const { name, spanId } of requests) {
      const asks = spans.some((span) => span.parentSpanId === spanId && span.name === 'INSERT');
      expect([name, asks]).toEqual([name, name === 'POST /auth/login']);
    }
    for (const { attributes, traceId } of requests)
      expect(traceOfLine(service, String(attributes['portcullis.request_id']))).toBe(traceId);
  });

  it('workers send spans, too, and record those of sampled callers regardless of the ratio', async () => {
    const { url, spans } = await collector();
    const service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_SAMPLER_ARG: '0',
      WEB_CONCURRENCY: '2',
    });
    await send(service, '/rate-limits');
    await send(service, '/rate-limits', { headers: { traceparent: SAMPLED } });
    await drain(service);
    expect(ofKind(spans, 'server')).toMatchObject([{ name: 'GET /rate-limits', traceId: CALLERS_TRACE }]);
    expect(spans[0]?.resource['process.pid']).not.toBe(service.child.pid);
  });

  it.each([
    ['refuses connections', refusing],
    ['accepts connections and never responds', silent],
  ])('a collector that %s delays no request and does not prevent the exit', async (_what, endpoint) => {
    const service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: await endpoint(),
      RATE_LIMIT_ADDRESS: 'off',
    });
    let slowestMs = 0;
    // More than one batch, so that an export is in progress while requests arrive.
    for (let sent = 0; sent < 600; sent += 20) {
      const startedMs = performance.now();
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(service, '/rate-limits')));
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    }
    expect(slowestMs).toBeLessThan(2000);
    const drainedMs = performance.now();
    await drain(service);
    expect(performance.now() - drainedMs).toBeLessThan(10_000);
  });
});

describe('without OTEL_EXPORTER_OTLP_ENDPOINT', { timeout: TIMEOUT_MS }, () => {
  it('nothing is sent, and only the OpenTelemetry interface that prom-client needs is loaded', async () => {
    const { url, text } = await collector();
    const service = await start({
      // This variable alone would make the libraries send spans.
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_IMPORTS)}`,
    });
    await send(service, '/rate-limits', { headers: { traceparent: SAMPLED } });
    await drain(service);
    expect(text()).toBe('');
    const loaded = [...service.output().matchAll(/^loaded (\S+)$/gm)].map(([, name]) => name);
    expect(loaded).toContain('fastify');
    expect(new Set(loaded.filter((name) => name?.startsWith('@opentelemetry/')))).toEqual(
      new Set(['@opentelemetry/api']),
    );
  });
});

/** Every attribute that a span may have; new ones must be reviewed and added here. */
const TOLD = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'portcullis.request_id',
  'error.type',
  'db.system.name',
  'db.operation.name',
  'db.query.text',
  'server.address',
  'server.port',
]);

/** A program that prints the package of each loaded module; a bundle names the modules that it contains above their code. */
const TELL_IMPORTS = String.raw`
  import { registerHooks } from 'node:module';
  import { readFileSync, writeSync } from 'node:fs';
  const told = new Set();
  const tell = (name) => {
    if (name && !told.has(name)) writeSync(2, 'loaded ' + name + '\n');
    told.add(name);
  };
  registerHooks({
    load(url, context, next) {
      tell(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
      const bundle = url.includes('/dist/service/') ? readFileSync(new URL(url), 'utf8') : '';
      for (const [, name] of bundle.matchAll(/^\s*(?:\/\/ |")node_modules\/((?:@[^/]+\/)?[^/]+)/gm)) tell(name);
      return next(url, context);
    },
  });`;

async function refusing(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

async function silent(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
