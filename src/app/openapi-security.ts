import type { DocumentBuilder, OpenAPIObject } from '@nestjs/swagger';
import type { Scope } from '../platform/access/scope.decorator.js';
import type { Environment } from '../platform/config/environment.js';
import type { DeclaredRoute } from '../platform/http/routes/route-walk.js';

/** The description of a route. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

type SecurityScheme = Parameters<DocumentBuilder['addOAuth2']>[0] & object;

const BEARER =
  'The `accessToken` of a login with `"tokenTransport": "body"`. It takes precedence over a cookie.';
const COOKIE =
  'Sign in with `"tokenTransport": "cookie"`; the browser stores the cookie and sends it automatically, and scripts cannot read it. There is nothing to enter here.';
const API_KEY =
  'An API key, `ptc_u_…` or `ptc_s_…`. A route accepts keys only if it names a scope, which the key must have; no other route does.';
const CLIENT =
  'The id of a service account and one of its keys. Both can be sent as `client_id` and `client_secret` in the form instead.';
const OAUTH =
  'An access token that a service account got for one of its keys. It is accepted wherever the key is.';
const METRICS =
  'The value of `METRICS_TOKEN`. If it is not set, only direct requests from this machine are answered, and none in production.';

const RECENT_PROOF = 'Requires a recent proof of identity (`POST /auth/step-up`).';

/** Describes how callers prove who they are. */
export function describeSecurity(builder: DocumentBuilder, environment: Environment): DocumentBuilder {
  const prefix = environment.COOKIE_SECURE ? '__Host-' : '';
  return (
    builder
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'ptc_', description: API_KEY }, 'apiKey')
      .addOAuth2(clientCredentials(environment), 'clientCredentials')
      .addBasicAuth({ type: 'http', scheme: 'basic', description: CLIENT }, 'client')
      .addCookieAuth(`${prefix}access_token`, { type: 'apiKey', in: 'cookie', description: COOKIE }, 'cookie')
      // addBearerAuth() would add that the token is a JWT.
      .addSecurity('metrics', { type: 'http', scheme: 'bearer', description: METRICS })
      // The last one, because Swagger UI puts the cursor into the last field of its dialog.
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: BEARER }, 'bearer')
  );
}

/** Adds a route's access rule. The pipeline reads it from decorators that the document generator does not support. */
export function secure(
  operation: Operation | undefined,
  { access, scope, isRecent }: Pick<DeclaredRoute, 'access' | 'scope' | 'isRecent'>,
): void {
  if (!operation) return;
  if (access?.kind === 'public') {
    operation.security ??= [];
    return;
  }
  if (access?.kind === 'client') {
    operation.security = [{ client: [] }, ...(access.bearer ? ofPrograms(scope) : [])];
    return;
  }
  operation.security = [{ bearer: [] }, { cookie: [] }, ...(scope === undefined ? [] : ofPrograms(scope))];
  if (access?.kind === 'roles') operation.description += `\n\nFor: ${access.anyOf.join(', ')}.`;
  if (isRecent) operation.description += `\n\n${RECENT_PROOF}`;
  if (scope !== undefined)
    operation.description += `\n\nAPI keys need the scope \`${scope}\`${isRecent ? ' instead' : ''}.`;
}

/** Programs send a key, or an access token that they got for one. */
const ofPrograms = (scope: Scope | undefined): Record<string, string[]>[] => [
  { apiKey: [] },
  { clientCredentials: scope === undefined ? [] : [scope] },
];

const MEANINGS: Readonly<Record<Scope, string>> = {
  'users:read': 'List and show accounts.',
  'users:write': 'Invite people, and change, unlock and delete accounts that have no role beyond `user`.',
  'audit:read': 'Read, export, follow and verify the audit trail.',
  'alerts:read': 'Read alerts.',
  'alerts:write': 'Acknowledge and resolve alerts.',
  'revocations:read': 'Follow the list of revocations.',
  'tokens:introspect': 'Ask whether a token is valid.',
  'tokens:revoke': 'Revoke the tokens of others.',
};

/** How a service account gets an access token, and for what. */
function clientCredentials({ PUBLIC_URL }: Environment): SecurityScheme {
  const tokenUrl = `${PUBLIC_URL.replace(/\/+$/, '')}/oauth/token`;
  return {
    type: 'oauth2',
    description: OAUTH,
    flows: { clientCredentials: { tokenUrl, scopes: { ...MEANINGS } } },
  };
}
