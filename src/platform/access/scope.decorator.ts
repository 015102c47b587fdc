import { SetMetadata } from '@nestjs/common';

/** Every permission of API keys that opens a route of this service, `area:verb`. Other products define their own. */
export const SCOPES = [
  'users:read',
  'users:write',
  'audit:read',
  'alerts:read',
  'alerts:write',
  'revocations:read',
  'tokens:introspect',
  'tokens:revoke',
] as const;

/** A permission of an API key on a route of this service. */
export type Scope = (typeof SCOPES)[number];

/** Metadata key read by the authorisation guard and by the generator of the OpenAPI document. */
export const SCOPE = 'portcullis:scope';

/**
 * Opens a route to API keys and service accounts that have this scope. They are refused on every route that names none.
 * For them, the scope takes the place of a recent proof. It is used in addition to the route's access rule, which decides
 * about people. Such a route injects its caller with `@Caller()`.
 */
export const Scope = (scope: Scope) => SetMetadata(SCOPE, scope);
