import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountAdministration } from '../../src/admin/account-administration.js';
import { internalOrigin } from '../../src/platform/http/origin.js';
import { logIn, newAddress, PASSWORD, register } from '../support/app/accounts.js';
import { createKey } from '../support/app/api-keys.js';
import { jarOf } from '../support/app/set-cookie.js';
import { startApp, type TestApp, type TestRequest } from '../support/app/test-app.js';
import { committedDocument, DescribedAnswers } from '../support/http/described-answers.js';
import { eventually } from '../support/time/eventually.js';

const document = committedDocument();
const described = new DescribedAnswers(document);

interface Content {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Content>>; readonly headers?: object }>
  >;
}

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
    path,
    method,
    operation,
  })),
);

const FIELDS = [
  'Set-Cookie',
  'WWW-Authenticate',
  'Retry-After',
  'Clear-Site-Data',
  'Content-Disposition',
  'X-Accel-Buffering',
];

/** Described for each success; the description of the document covers all other responses. */
const FIELDS_OF_SUCCESS = ['RateLimit', 'RateLimit-Policy', 'X-Request-Id'];

/** The differences between a response and its documentation for that path, method and status. */
function differences(path: string, method: string, answer: LightMyRequestResponse): string[] {
  const status = String(answer.statusCode);
  const said = operations.find((one) => one.path === path && one.method === method)?.operation.responses[
    status
  ];
  if (!said) return [`${status} is not described`];
  const expected = answer.statusCode < 400 ? [...FIELDS, ...FIELDS_OF_SUCCESS] : FIELDS;
  const fields = expected.filter(
    (name) => name.toLowerCase() in answer.headers && !(name in (said.headers ?? {})),
  );
  const place = ['paths', path, method, 'responses', status, 'content'];
  return [
    ...fields.map((name) => `${name} is not described`),
    ...bodyFaults(answer, Object.keys(said.content ?? {}), place),
    ...codeFaults(answer, said.content?.['application/problem+json']),
  ];
}

/** Each code that a route can respond with has an example. */
function codeFaults({ headers, json }: LightMyRequestResponse, said: Content | undefined): string[] {
  if (headers['content-type'] !== 'application/problem+json') return [];
  const { code } = json<{ code: string }>();
  return code in (said?.examples ?? {}) ? [] : [`${code} is not described`];
}

function bodyFaults(
  { body, headers, json }: LightMyRequestResponse,
  types: string[],
  place: string[],
): string[] {
  if (body === '') return [];
  const type = String(headers['content-type']).split(';')[0]!;
  if (!types.includes(type)) return [`${type} is not described`];
  return described.faults(/[/+]json$/.test(type) ? json() : body, ...place, type, 'schema');
}

describe('the responses of the service', () => {
  let app: TestApp;
  let token: string;
  let found: string[];
  beforeAll(async () => {
    app = await startApp({ variables: { RATE_LIMIT_REGISTER: '40/60' } });
    const email = await register(app);
    // This also raises an alert.
    await app.app
      .get(AccountAdministration, { strict: false })
      .setRoles(email, ['user', 'auditor'], internalOrigin('operator'));
    token = (await logIn(app, email)).accessToken;
  });
  beforeEach(() => {
    found = [];
  });
  afterAll(() => app.close());

  /** Sends a request, and records the differences between the response and the documented and expected one. */
  async function exchange(path: string, request: TestRequest, status = 200): Promise<LightMyRequestResponse> {
    const answer = await app.call(request);
    const method = (request.method ?? (request.body === undefined ? 'GET' : 'POST')).toLowerCase();
    const faults = differences(path, method, answer);
    if (answer.statusCode !== status) faults.push(`${answer.statusCode} instead of ${status}`);
    found.push(...faults.map((fault) => `${method} ${path}: ${fault}`));
    return answer;
  }

  it('match the document for a client of the body transport', async () => {
    const email = newAddress();
    const account = { email, password: PASSWORD };
    await exchange('/auth/register', { url: '/auth/register', body: account }, 201);
    await exchange('/auth/register', { url: '/auth/register', body: account }, 409);
    await exchange('/auth/register', { url: '/auth/register', body: { email, age: 7 } }, 400);
    const wrong = { ...account, password: 'another one altogether' };
    await exchange('/auth/login', { url: '/auth/login', body: wrong }, 401);
    const login = { url: '/auth/login', body: { ...account, tokenTransport: 'body' } };
    const { accessToken, refreshToken } = (await exchange('/auth/login', login)).json();
    await exchange('/users/me', { url: '/users/me', token: accessToken });
    const rename = { method: 'PUT', url: '/users/me', token: accessToken } as const;
    await exchange('/users/me', { ...rename, body: { displayName: 'Ada' } });
    await exchange('/users/me', { ...rename, body: { displayName: '' } }, 400);
    await exchange('/users/me/activity', { url: '/users/me/activity', token: accessToken });
    await exchange('/auth/refresh', { url: '/auth/refresh', body: { refreshToken } });
    await exchange('/auth/refresh', { url: '/auth/refresh', body: {} }, 401);
    await exchange('/auth/logout', { method: 'POST', url: '/auth/logout', token: accessToken }, 204);
    await exchange('/users/me', { url: '/users/me', token: accessToken }, 401);
    expect(found).toEqual([]);
  });

  it('match the document for a browser', async () => {
    const email = await register(app);
    const login = await exchange('/auth/login', { url: '/auth/login', body: { email, password: PASSWORD } });
    const browser = { cookies: jarOf(login), headers: { 'sec-fetch-site': 'same-origin' } };
    await exchange('/users/me', { url: '/users/me', ...browser });
    await exchange('/auth/refresh', { url: '/auth/refresh', body: {}, ...browser });
    await exchange('/auth/logout', { method: 'POST', url: '/auth/logout', ...browser }, 204);
    expect(found).toEqual([]);
  });

  it('match the document for an auditor', async () => {
    await exchange('/audit/events', { url: '/audit/events', token });
    await exchange('/audit/events', { url: '/audit/events?address=nowhere', token }, 400);
    await exchange('/audit/events', { url: '/audit/events' }, 401);
    await exchange('/audit/export', { url: '/audit/export', token, headers: { accept: 'text/csv' } });
    await exchange('/audit/seals', { url: '/audit/seals', token });
    const { body } = await exchange('/audit/export', { url: '/audit/export', token });
    const lines = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    found.push(...lines.flatMap((line) => described.faults(line, 'components', 'schemas', 'ProvenEntry')));
    await eventually(async () => {
      const verified = await exchange('/audit/verification', { url: '/audit/verification', token });
      expect(verified.json().checkpoint).not.toBeNull();
    });
    expect(found).toEqual([]);
  });

  it('match the document for an administrator who handles alerts', async () => {
    const id = await eventually(
      async () => (await exchange('/alerts', { url: '/alerts', token })).json().items[0].id as string,
      { timeoutMs: 10_000, intervalMs: 200 },
    );
    await exchange('/alerts', { url: '/alerts?state=gone', token }, 400);
    for (const step of ['acknowledge', 'resolve']) {
      const path = `/alerts/{id}/${step}`;
      await exchange(path, { method: 'POST', url: path.replace('{id}', id), token });
      await exchange(path, { method: 'POST', url: path.replace('{id}', 'none'), token }, 404);
    }
    expect(found).toEqual([]);
  });

  it('match the document for an API key where only sessions are accepted', async () => {
    const { key } = await createKey(app, { accessToken: token });
    const ownRoutes = ['', '/activity', '/sessions', '/factors', '/export', '/api-keys'];
    for (const path of ownRoutes.map((route) => `/users/me${route}`)) {
      await exchange(path, { url: path, token: key }, 403);
    }
    const change = { method: 'PUT', url: '/users/me', token: key, body: { displayName: 'Ada' } } as const;
    await exchange('/users/me', change, 403);
    expect(found).toEqual([]);
  });

  it('match the document for anonymous callers', async () => {
    await exchange('/rate-limits', { url: '/rate-limits' });
    await exchange('/.well-known/jwks.json', { url: '/.well-known/jwks.json' });
    await exchange('/health/live', { url: '/health/live' });
    await exchange('/health/ready', { url: '/health/ready' });
    await exchange('/metrics', { url: '/metrics' });
    await exchange('/metrics', { url: '/metrics', headers: { 'x-forwarded-for': '203.0.113.7' } }, 404);
    expect(found).toEqual([]);
  });

  it('match the document for a caller over the limit', async () => {
    const request = { url: '/auth/register', body: {} };
    for (let sent = 0; sent < 40; sent += 1) await app.call(request);
    const refusal = (await exchange('/auth/register', request, 429)).json();
    expect([found, refusal['violated-policies']]).toEqual([[], ['register']]);
  });
});

describe('the documentation pages', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it('are found under common names', async () => {
    const { statusCode, headers } = await app.call({ url: '/docs/index.html' });
    expect([statusCode, headers.location]).toEqual([302, '/docs']);
    for (const url of ['/docs', '/docs/', '/docs/errors', '/openapi.json']) {
      expect([url, (await app.call({ url })).statusCode]).toEqual([url, 200]);
    }
  });
});

describe('the schemas', () => {
  const verification = {
    intact: true,
    entries: 0,
    erased: 0,
    from: null,
    to: '2026-11-23T09:30:00.000Z',
    firstFault: null,
    checkpoint: null,
  };
  const fault = { id: 'seal:7', kind: 'seal_missing', detail: 'The seal is gone.' };
  const faults = (body: object) => described.faults(body, 'components', 'schemas', 'Verification');

  it('accept null for an absent part, and the part itself', () => {
    expect(faults(verification)).toEqual([]);
    expect(faults({ ...verification, intact: false, firstFault: fault })).toEqual([]);
    expect(faults({ ...verification, firstFault: { id: 'seal:7' } })).not.toEqual([]);
  });
});

describe('the examples', () => {
  const contents = operations.flatMap(({ path, method, operation: { requestBody, responses } }) => [
    { place: ['paths', path, method, 'requestBody'], content: requestBody?.content ?? {} },
    ...Object.entries(responses).map(([status, { content = {} }]) => ({
      place: ['paths', path, method, 'responses', status],
      content,
    })),
  ]);
  const examples = contents.flatMap(({ place, content }) =>
    Object.entries(content).flatMap(([type, { example, examples: named = {} }]) => [
      ...(example === undefined
        ? []
        : [{ place: [...place, 'content', type], name: 'example', value: example }]),
      ...Object.entries(named).map(([name, { value }]) => ({
        place: [...place, 'content', type],
        name,
        value,
      })),
    ]),
  );

  it('match the schemas, in every body and every response', () => {
    expect(examples.length).toBeGreaterThan(100);
    const faulty = examples.flatMap(({ place, name, value }) =>
      described.faults(value, ...place, 'schema').map((fault) => [...place, name, fault].join(' ')),
    );
    expect(faulty).toEqual([]);
  });
});
