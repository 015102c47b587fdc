import { Problem } from '../../platform/errors/problem.js';
import { decoded, type Form } from '../../platform/http/bodies/form-body.js';
import { TokenRefused } from '../../sessions/tokens/token-refused.js';
import { OAuthErrors } from './oauth.errors.js';

/** What a client sends to prove who it is: the id of a service account, and one of its keys. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const OTHER_SCHEME = /^(?!basic(?: |$))/i;

/**
 * Reads the credentials of a request (RFC 6749 section 2.3.1): in `Authorization: Basic`, or as `client_id` and
 * `client_secret` in the form; null if there are none. Throws `invalid_request` for two kinds of proof at once, and
 * `TokenRefused` for credentials that cannot be read.
 */
export function credentialsIn(authorization: string | undefined, form: Form): ClientCredentials | null {
  const inForm = form.has('client_secret') || form.has('client_assertion');
  // Two fields are joined with a comma, which no credentials of ours contain.
  if (authorization?.includes(',') || (authorization !== undefined && inForm))
    throw ambiguous('The client is authenticated in two ways.');
  if (authorization === undefined || OTHER_SCHEME.test(authorization)) return credentialsOf(form);
  const credentials = fromBasic(authorization);
  if ((form.get('client_id') ?? credentials.id) !== credentials.id)
    throw ambiguous('The request names two clients.');
  return credentials;
}

function credentialsOf(form: Form): ClientCredentials | null {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  if (secret === undefined) return null;
  if (id === undefined) throw new TokenRefused('malformed');
  return { id, secret };
}

/** Both parts are encoded as in a form before they are joined (RFC 6749 section 2.3.1). */
function fromBasic(authorization: string): ClientCredentials {
  const [, encoded] = BASIC.exec(authorization) ?? [];
  const [id, ...secret] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':');
  if (encoded === undefined || secret.length === 0) throw new TokenRefused('malformed');
  try {
    return { id: decoded(id!), secret: decoded(secret.join(':')) };
  } catch {
    throw new TokenRefused('malformed');
  }
}

function ambiguous(detail: string): Problem {
  return new Problem(OAuthErrors.invalid_request, { detail });
}
