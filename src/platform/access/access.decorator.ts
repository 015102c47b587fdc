import { SetMetadata } from '@nestjs/common';
import type { Role } from './principal.js';

/** Who may call a route. A route without a rule is refused (closed by default). */
export type AccessRule =
  | { readonly kind: 'public' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'roles'; readonly anyOf: readonly Role[] }
  | { readonly kind: 'proxy' }
  | { readonly kind: 'client'; readonly bearer: boolean };

/** Metadata key of a route's rule, read by the authorisation guard; a route without one is refused. */
export const ACCESS_RULE = 'portcullis:access-rule';

/** Anyone may call this route, with or without a token. */
export const Public = () => SetMetadata(ACCESS_RULE, { kind: 'public' } satisfies AccessRule);

/** Only a caller with a live session may call this route; with `@Scope`, also programs that have the scope. */
export const SignedIn = () => SetMetadata(ACCESS_RULE, { kind: 'signed-in' } satisfies AccessRule);

/**
 * Only a proxy of `GATEWAY_PEERS` may call this route, to ask about a request to another application. The rule that it
 * names decides about the caller of that request.
 */
export const ForProxies = () => SetMetadata(ACCESS_RULE, { kind: 'proxy' } satisfies AccessRule);

/**
 * Only a client of OAuth 2.0 may call this route: a service account that sends its id and one of its keys (RFC 6749
 * section 2.3.1). With `bearer`, a key or an access token of a program is accepted as bearer token, too. No cookie and no
 * token of a session opens such a route.
 */
export const ForClients = ({ bearer }: { readonly bearer: boolean }) =>
  SetMetadata(ACCESS_RULE, { kind: 'client', bearer } satisfies AccessRule);

/** Only a signed-in caller with at least one of these roles may call this route. */
export const RequireRole = (...anyOf: Role[]) =>
  SetMetadata(ACCESS_RULE, { kind: 'roles', anyOf } satisfies AccessRule);
