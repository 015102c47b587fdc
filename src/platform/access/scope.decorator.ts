import { SetMetadata } from '@nestjs/common';

/** A permission of an API key, `area:verb`. */
export type Scope = `${string}:${string}`;

/** Metadata key read by the authorisation guard and by the generator of the OpenAPI document. */
export const SCOPE = 'portcullis:scope';

/**
 * Opens a route to API keys and service accounts that have this scope. They are refused on every route that names none.
 * For them, the scope takes the place of a recent proof. It is used in addition to the route's access rule, which decides
 * about people. Such a route injects its caller with `@Caller()`.
 */
export const Scope = (scope: Scope) => SetMetadata(SCOPE, scope);
