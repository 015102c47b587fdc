import { AdminErrors } from '../admin/admin.errors.js';
import { AuthErrors } from '../auth/auth.errors.js';
import { MachinesErrors } from '../machines/machines.errors.js';
import { OAuthErrors } from '../machines/oauth/oauth.errors.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import type { ProblemRow } from '../platform/errors/problem.js';
import { PROBLEMS } from '../platform/http/openapi/problems.decorator.js';
import type { DeclaredRoute } from '../platform/http/routes/route-walk.js';
import { MailErrors } from '../platform/mail/mail.errors.js';
import { SecretsErrors } from '../platform/secrets/secrets.errors.js';
import { RateLimitErrors } from '../rate-limit/rate-limit.errors.js';
import { SessionErrors } from '../sessions/session.errors.js';
import { UsersErrors } from '../users/users.errors.js';

/** Every problem of the API but those of OAuth, which have a format of their own. */
export const ROWS: readonly ProblemRow[] = [
  PlatformErrors,
  SessionErrors,
  AuthErrors,
  UsersErrors,
  MachinesErrors,
  RateLimitErrors,
  AdminErrors,
  MailErrors,
  SecretsErrors,
].flatMap((table) => Object.values(table));

/** Returns the problems that a route can respond with: those that it declares, and those of the pipeline in front of it. */
export function problemsOf({
  method,
  access,
  isRecent,
  scope,
  handler,
  isOperational,
}: DeclaredRoute): ProblemRow[] {
  const declared = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as ProblemRow[];
  if (isOperational) return declared;
  if (access?.kind === 'proxy')
    return [...declared, PlatformErrors.dependency_unavailable, PlatformErrors.internal];
  if (access?.kind === 'client')
    return [
      OAuthErrors.invalid_request,
      OAuthErrors.invalid_client,
      ...(access.bearer ? [SessionErrors.invalid_token, SessionErrors.forbidden] : []),
      ...(access.bearer && scope !== undefined ? [OAuthErrors.unauthorized_client] : []),
      SessionErrors.csrf_rejected,
      ...declared,
      PlatformErrors.payload_too_large,
      PlatformErrors.dependency_unavailable,
      PlatformErrors.internal,
    ];
  const { malformed_request, validation_failed, payload_too_large, unsupported_media_type } = PlatformErrors;
  const changes = method !== 'GET';
  return [
    ...new Set([
      ...(changes ? [malformed_request, validation_failed, payload_too_large, unsupported_media_type] : []),
      // Where no role is required, `forbidden` is for API keys, which need a scope.
      ...(access?.kind === 'public'
        ? []
        : [
            SessionErrors.unauthenticated,
            SessionErrors.invalid_token,
            SessionErrors.session_ended,
            SessionErrors.forbidden,
          ]),
      ...(isRecent ? [SessionErrors.insufficient_user_authentication] : []),
      ...(changes ? [SessionErrors.csrf_rejected] : []),
      ...declared,
      PlatformErrors.dependency_unavailable,
      PlatformErrors.internal,
    ]),
  ];
}
