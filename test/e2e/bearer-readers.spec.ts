import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/platform/access/principal.js';
import { PlatformErrors } from '../../src/platform/errors/platform.errors.js';
import { Problem } from '../../src/platform/errors/problem.js';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { BearerReaders } from '../../src/sessions/tokens/bearer-readers.js';
import { TokenRefused } from '../../src/sessions/tokens/token-refused.js';
import { signUp } from '../support/app/accounts.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const USER = '0197a1b2-0000-7000-8000-000000000001';
const SERVICE = '0197a1b2-0000-7000-8000-000000000002';
const KEY = '0197a1b2-0000-7000-8000-000000000003';
const ALL_ROLES = ['user', 'auditor', 'admin'] as const;
const SCOPES = ['audit:read', 'alerts:read', 'alerts:write', 'users:read', 'users:write', 'revocations:read'];

/** The principal of a test token, `test_key.<user>` or `test_service.<account>`; or the fault of the token. */
async function read(token: string): Promise<Principal> {
  const [, kind = '', id = ''] = token.split(/[_.]/);
  const expiresAt = Date.now() / 1000 + 900;
  const key = { kind: 'api-key', keyId: KEY, userId: id, scopes: SCOPES, expiresAt } as const;
  if (kind === 'key') return { ...key, roles: ALL_ROLES };
  if (kind === 'demoted') return { ...key, roles: ['user'] };
  if (kind === 'unscoped') return { ...key, roles: ALL_ROLES, scopes: ['audit:write'] };
  if (kind === 'service')
    return { kind: 'service-account', keyId: KEY, serviceAccountId: id, scopes: SCOPES, expiresAt };
  if (kind === 'away') throw new Problem(PlatformErrors.dependency_unavailable);
  throw new TokenRefused(kind === 'forged' ? 'bad_signature' : 'unknown_key');
}

describe('a bearer token of another kind', () => {
  let app: TestApp;
  let reads: string[] = [];
  beforeAll(async () => {
    app = await startApp({ variables: { RATE_LIMIT_DEFAULT: '3/60', RATE_LIMIT_KEY: '400/60' } });
    app.app.get(BearerReaders, { strict: false }).register({
      accepts: (token) => token.startsWith('test_'),
      read: async (token) => {
        reads.push(token);
        return read(token);
      },
    });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    reads = [];
  });

  const routes = (isPublic: boolean) =>
    declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner)).filter(
      ({ access }) =>
        ['public', 'signed-in', 'roles'].includes(access?.kind ?? '') &&
        (access?.kind === 'public') === isPublic,
    );
  const call = async (token: string, url: string, method: 'GET' | 'POST' = 'GET') => {
    const answer = await app.call({ method, url: url.replace(':id', KEY), token });
    const code = answer.statusCode < 400 ? null : (answer.json().code as string);
    return { answer, status: answer.statusCode, code, requestId: String(answer.headers['x-request-id']) };
  };
  const recorded = (requestId: string) =>
    asSuperuser<{
      type: string;
      reason: string;
      user_id: string | null;
      session_id: string | null;
      key: string | null;
    }>(
      app.database,
      `SELECT type, reason, user_id, session_id, details->>'keyId' AS key FROM audit_events WHERE request_id = $1`,
      [requestId],
    );

  it.each([
    ['a key of a user with every role', `test_key.${USER}`, USER],
    ['a service account', `test_service.${SERVICE}`, null],
  ])('is not admitted on any route that names no scope: %s', async (_, token, user_id) => {
    const closed = routes(false).filter(({ scope }) => scope === undefined);
    expect(closed.length).toBeGreaterThan(10);
    for (const { method, path } of closed) {
      const { answer, status, code, requestId } = await call(token, path, method as 'GET');
      expect([method, path, status, code]).toEqual([method, path, 403, 'forbidden']);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"');
      const refusal = { type: 'authz_fail', reason: 'forbidden', user_id, session_id: null, key: KEY };
      await expect.poll(() => recorded(requestId)).toEqual([refusal]);
    }
  });

  it('is admitted where the route names one of its scopes, a key of a user only with their role', async () => {
    const open = routes(false).filter(({ scope, path }) => scope !== undefined && path !== '/audit/stream');
    expect(open.length).toBeGreaterThan(5);
    for (const { method, path, scope } of open) {
      // A request without a body is not valid where one is required.
      const admitted = path.includes(':id') ? 404 : method === 'GET' ? 200 : 400;
      for (const [token, expected] of [
        [`test_key.${USER}`, admitted],
        [`test_service.${SERVICE}`, admitted],
        [`test_demoted.${USER}`, 403],
        [`test_unscoped.${USER}`, 403],
      ] as const) {
        const { answer, status } = await call(token, path, method as 'GET');
        const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
        expect([method, path, token, status, answer.headers['www-authenticate']]).toEqual([
          method,
          path,
          token,
          expected,
          expected === 403 ? challenge : undefined,
        ]);
      }
    }
  });

  it('is named in the events that its request causes', async () => {
    const { requestId } = await call(`test_service.${SERVICE}`, '/audit/events');
    const [event] = await asSuperuser<{ type: string; user_id: null; details: object }>(
      app.database,
      'SELECT type, user_id, details FROM audit_events WHERE request_id = $1',
      [requestId],
    );
    expect(event).toMatchObject({
      type: 'audit_read',
      user_id: null,
      details: { what: 'events', keyId: KEY, serviceAccountId: SERVICE },
    });
  });

  it('is not read from a cookie', async () => {
    const answer = await app.call({
      url: '/audit/events',
      cookies: { access_token: `test_key.${USER}` },
    });
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'invalid_token']);
    expect(reads).toEqual([]);
  });

  it('is counted by its key, apart from its user, whatever the endpoint', async () => {
    const { accessToken, user } = await signUp(app);
    const path = '/users/me/activity';
    const statuses = [];
    for (const token of [
      accessToken,
      `test_key.${user.id}`,
      accessToken,
      `test_service.${SERVICE}`,
      accessToken,
    ])
      statuses.push((await call(token, path)).status);
    expect(statuses).toEqual([200, 403, 200, 403, 200]);
    expect((await call(accessToken, path)).status).toBe(429);
    for (const url of [path, '/audit/seals']) {
      const { answer } = await call(`test_key.${user.id}`, url);
      expect(answer.headers['ratelimit-policy']).toBe('"key";q=400;w=60');
    }
  });

  it.each([
    ['test_unknown', 'unknown_key', false],
    ['test_forged', 'bad_signature', true],
  ])('that its reader refuses results in invalid_token: %s', async (token, reason) => {
    const { answer, status, code, requestId } = await call(token, '/users/me');
    expect([status, code]).toEqual([401, 'invalid_token']);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    await expect
      .poll(() => recorded(requestId))
      .toEqual([{ type: 'authn_token_invalid', reason, user_id: null, session_id: null, key: null }]);
  });

  it('that its reader cannot check is not treated as invalid', async () => {
    expect(await call('test_away', '/audit/seals')).toMatchObject({
      status: 503,
      code: 'dependency_unavailable',
    });
  });

  it('is not read on public routes', async () => {
    const paths = routes(true).filter(({ method, path }) => method === 'GET' && !/[:*]/.test(path));
    expect(paths.length).toBeGreaterThan(4);
    for (const { path } of paths) {
      for (const token of [`test_key.${USER}`, 'test_forged', 'test_away'])
        // Without an address, that route answers 400, with or without a credential.
        expect([path, (await call(token, path)).status]).toEqual([
          path,
          path === '/gateway/redirect' ? 400 : 200,
        ]);
    }
    expect((await call(`test_key.${USER}`, '/auth/logout', 'POST')).status).toBe(204);
    expect(reads).toEqual([]);
  });

  it('of no registered kind is treated as a malformed access token', async () => {
    expect(await call('other_key', '/audit/verification')).toMatchObject({
      status: 401,
      code: 'invalid_token',
    });
    expect(reads).toEqual([]);
  });
});
