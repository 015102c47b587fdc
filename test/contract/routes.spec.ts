import { APP_GUARD, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PIPELINE } from '../../src/app/app.module.js';
import { RateLimitSubjectGuard } from '../../src/sessions/guards/rate-limit-subject.guard.js';
import { AuthenticationGuard } from '../../src/sessions/guards/authentication.guard.js';
import { AuthorizationGuard } from '../../src/sessions/guards/authorization.guard.js';
import { CrossSiteCheck } from '../../src/sessions/guards/cross-site-check.js';
import { CsrfGuard } from '../../src/sessions/guards/csrf.guard.js';
import { ReadableBodyGuard } from '../../src/platform/http/bodies/readable-body.guard.js';
import { type DeclaredRoute, declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { SlowRoutes } from '../../src/platform/http/routes/slow-routes.js';
import { RateLimitGuard } from '../../src/rate-limit/rate-limit.guard.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

/** Section 3 of the contract: the routes and their access. */
const CONTRACT = {
  'POST /auth/register': 'public',
  'POST /auth/login': 'public',
  'POST /auth/refresh': 'public',
  'POST /auth/logout': 'public',
  'POST /auth/step-up': 'signed-in',
  'POST /auth/password/forgot': 'public',
  'POST /auth/password/reset': 'public',
  'POST /auth/recovery': 'public',
  'POST /auth/recovery/cancel': 'public',
  'POST /auth/recovery/finish': 'public',
  'POST /auth/sessions/disown': 'public',
  'POST /auth/invitation': 'public',
  'POST /auth/email/verification': 'public',
  'POST /auth/email/verify': 'public',
  'POST /auth/email/undo': 'public',
  'PUT /users/me/password': 'signed-in',
  'POST /users/me/email': 'signed-in',
  'GET /users/me': 'signed-in',
  'PUT /users/me': 'signed-in',
  'DELETE /users/me': 'signed-in',
  'GET /users/me/export': 'signed-in',
  'GET /users/me/activity': 'signed-in',
  'GET /users/me/sessions': 'signed-in',
  'POST /auth/login/factor': 'public',
  'POST /auth/passkey': 'public',
  'POST /auth/passkey/options': 'public',
  'GET /users/me/factors': 'signed-in',
  'POST /users/me/factors/passkeys': 'signed-in',
  'POST /users/me/factors/passkeys/options': 'signed-in',
  'POST /users/me/factors/totp': 'signed-in',
  'POST /users/me/factors/totp/:id/confirm': 'signed-in',
  'PUT /users/me/factors/:id': 'signed-in',
  'DELETE /users/me/factors/:id': 'signed-in',
  'DELETE /users/me/recovery': 'signed-in',
  'POST /users/me/recovery-codes': 'signed-in',
  'DELETE /users/me/sessions/:id': 'signed-in',
  'DELETE /users/me/sessions': 'signed-in',
  'GET /users/me/api-keys': 'signed-in',
  'POST /users/me/api-keys': 'signed-in',
  'DELETE /users/me/api-keys': 'signed-in',
  'DELETE /users/me/api-keys/:id': 'signed-in',
  'POST /users/me/api-keys/:id/rotation': 'signed-in',
  'POST /secret-scanning': 'public',
  'GET /admin/service-accounts': 'admin',
  'POST /admin/service-accounts': 'admin',
  'GET /admin/service-accounts/:id': 'admin',
  'PATCH /admin/service-accounts/:id': 'admin',
  'DELETE /admin/service-accounts/:id': 'admin',
  'GET /admin/service-accounts/:id/api-keys': 'admin',
  'POST /admin/service-accounts/:id/api-keys': 'admin',
  'POST /admin/service-accounts/:id/api-keys/:keyId/rotation': 'admin',
  'DELETE /admin/service-accounts/:id/api-keys/:keyId': 'admin',
  'GET /.well-known/oauth-authorization-server': 'public',
  'GET /.well-known/oauth-authorization-server/*': 'public',
  'POST /oauth/token': 'client',
  'POST /oauth/introspect': 'client',
  'POST /oauth/revoke': 'client',
  'GET /audit/events': 'admin, auditor',
  'GET /audit/export': 'admin, auditor',
  'GET /audit/stream': 'admin, auditor',
  'GET /audit/seals': 'admin, auditor',
  'GET /audit/verification': 'admin, auditor',
  'GET /alerts': 'admin, auditor',
  'POST /alerts/:id/acknowledge': 'admin, auditor',
  'POST /alerts/:id/resolve': 'admin, auditor',
  'GET /admin/users': 'admin',
  'POST /admin/users': 'admin',
  'POST /admin/users/:id/invitation': 'admin',
  'GET /admin/users/:id': 'admin',
  'PATCH /admin/users/:id': 'admin',
  'DELETE /admin/users/:id': 'admin',
  'POST /admin/users/:id/unlock': 'admin',
  'POST /admin/users/:id/password-reset': 'admin',
  'GET /admin/users/:id/sessions': 'admin',
  'DELETE /admin/users/:id/sessions': 'admin',
  'DELETE /admin/users/:id/factors': 'admin',
  'GET /revocations': 'admin',
  'GET /rate-limits': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /metrics': 'public',
  // Of the gateway; 404 for peers that are not in GATEWAY_PEERS.
  'ALL /gate/:rule': 'proxy',
  'ALL /gate/:rule/*': 'proxy',
  'GET /gateway/redirect': 'public',
  // Unless ACCOUNT_PAGES_ENABLED=false: account-pages.spec.ts.
  'GET /account/verify': 'public',
  'GET /account/reset': 'public',
  'GET /account/undo': 'public',
  'GET /account/recovery': 'public',
  'GET /account/recovery/finish': 'public',
  'GET /account/invitation': 'public',
  'GET /account/device': 'public',
  'GET /account/assets/:name': 'public',
  // Unless DOCS_ENABLED=false: documentation.spec.ts.
  'GET /docs/passkey': 'public',
  'GET /docs/passkey/assets/:name': 'public',
  // Exists only where mails are caught, see mailbox.spec.ts.
  'GET /dev/mailbox': 'public',
  'GET /dev/mailbox/:id': 'public',
  'GET /dev/mailbox/assets/:name': 'public',
};

describe('the routes', () => {
  let app: TestApp;
  let routes: DeclaredRoute[];
  beforeAll(async () => {
    app = await startApp();
    routes = declaredRoutes(app.app.get(DiscoveryService), app.app.get(MetadataScanner));
  });
  afterAll(() => app.close());

  it('are those of the contract, each with its declared access', () => {
    const declared = routes.map(({ method, path, access }) => [
      `${method} ${path}`,
      access?.kind === 'roles' ? access.anyOf.join(', ') : access?.kind,
    ]);
    expect(Object.fromEntries(declared)).toEqual(CONTRACT);
  });

  it('for operation are marked, and so are those that hash a password', () => {
    const named = (chosen: DeclaredRoute[]) =>
      chosen.map(({ method, path }) => `${method} ${path}`).toSorted();
    expect(named(routes.filter(({ isOperational }) => isOperational))).toEqual([
      'GET /account/assets/:name',
      'GET /dev/mailbox',
      'GET /dev/mailbox/:id',
      'GET /dev/mailbox/assets/:name',
      'GET /docs/passkey',
      'GET /docs/passkey/assets/:name',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
    ]);
    expect(named(routes.filter(({ slow }) => slow === 'password'))).toEqual([
      'POST /auth/email/verify',
      'POST /auth/invitation',
      'POST /auth/login',
      'POST /auth/password/reset',
      'POST /auth/recovery',
      'POST /auth/register',
      'POST /auth/step-up',
      'PUT /users/me/password',
    ]);
    const slow = app.app.get(SlowRoutes);
    expect([slow.has('POST', '/auth/login'), slow.has('GET', '/users/me'), slow.has('GET', null)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuse callers without a token, unless they are public', async () => {
    const closed = routes.filter(({ access }) => !['public', 'proxy'].includes(access?.kind ?? ''));
    for (const { method, path, access } of closed) {
      const answer = await app.call({
        method: method as 'GET',
        url: path.replace(':id', app.environment.JWT_AUDIENCE),
      });
      const { code, error } = answer.json<{ code?: string; error?: string }>();
      expect([path, answer.statusCode, code ?? error], access?.kind).toEqual([
        path,
        401,
        access?.kind === 'client' ? 'invalid_client' : 'unauthenticated',
      ]);
    }
  });
});

describe('the pipeline', () => {
  it('checks the origin, the caller, the limits and the permissions in this order, and reads the body last', () => {
    const guards = PIPELINE.filter(({ provide }) => provide === APP_GUARD).map(
      (provider) => ('useClass' in provider ? provider.useClass : provider.useExisting) as unknown,
    );
    expect(guards).toEqual([
      CrossSiteCheck,
      AuthenticationGuard,
      RateLimitSubjectGuard,
      RateLimitGuard,
      CsrfGuard,
      AuthorizationGuard,
      ReadableBodyGuard,
    ]);
  });
});
