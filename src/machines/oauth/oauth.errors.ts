import { problemTable } from '../../platform/errors/problem.js';

/**
 * Errors of the OAuth endpoints, named as in RFC 6749 section 5.2 and RFC 7009 section 2.2.1. They are sent in the form that
 * is prescribed there; see `oauth-error.ts`, which also names those of the platform.
 */
export const OAuthErrors = problemTable({
  invalid_request: [400, 'Invalid request', 'A parameter is missing, invalid or repeated.'],
  invalid_client: [
    401,
    'Invalid client',
    'The client is not authenticated: unknown, wrong or no credentials.',
  ],
  unauthorized_client: [400, 'Unauthorized client', 'The client is not allowed to do this.'],
  unsupported_grant_type: [400, 'Unsupported grant type', 'The only grant type is client_credentials.'],
  invalid_scope: [
    400,
    'Invalid scope',
    'The scope is malformed, or the key or its service account does not have it.',
  ],
  unsupported_token_type: [
    400,
    'Unsupported token type',
    'Tokens of this type cannot be revoked; they expire within a minute.',
  ],
});
