import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import type { ProblemRow } from '../../platform/errors/problem.js';
import type { ErrorForm } from '../../platform/http/problems/error-form.js';
import { problemHeaders } from '../../platform/http/problems/problem-document.js';
import { SessionErrors } from '../../sessions/session.errors.js';
import { OAuthErrors } from './oauth.errors.js';

/** The challenge for clients (RFC 7617 section 2). */
const BASIC = 'Basic realm="portcullis", charset="UTF-8"';

/** Not allowed in `error_description` (RFC 6749 section 5.2). */
const UNPRINTABLE = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g;

/** RFC 6749 section 5.2 has one status for requests that are not as prescribed. */
const NOT_A_FORM: ProblemRow = {
  ...OAuthErrors.invalid_request,
  detail: 'The body must be sent as application/x-www-form-urlencoded, without a content coding.',
};

const OWN: readonly ProblemRow[] = Object.values(OAuthErrors);
const NOT_AUTHENTICATED: readonly ProblemRow[] = [
  SessionErrors.unauthenticated,
  SessionErrors.invalid_token,
  SessionErrors.session_ended,
];

/** The body of an error (RFC 6749 section 5.2). */
export interface OAuthErrorBody {
  readonly error: string;
  readonly error_description: string;
}

/**
 * Returns how an endpoint sends problems: as errors of RFC 6749 section 5.2 or, if it takes bearer tokens and the caller has
 * sent one, of RFC 6750 section 3.1. All credentials that are not accepted are answered alike.
 */
export function oauthErrorForm({ bearer }: { readonly bearer: boolean }): ErrorForm {
  return (problem, { headers: sent }) => {
    const isBearer = bearer && /^bearer/i.test(sent.authorization ?? '');
    const { row, error, challenge } = named(problem.row, isBearer);
    const detail = row === problem.row ? (problem.occurrence.detail ?? row.detail) : row.detail;
    const { 'www-authenticate': given, ...headers } = problemHeaders(problem);
    const authenticate = challenge ?? (row.status === 401 || row.status === 403 ? given : undefined);
    return {
      status: row.status,
      headers: { ...headers, ...(authenticate !== undefined && { 'www-authenticate': authenticate }) },
      type: 'application/json',
      body: bodyOf(error, detail),
    };
  };
}

/** Returns the body of an error with this row as a caller with a bearer token gets it, for the documentation. */
export function oauthErrorBody(row: ProblemRow): OAuthErrorBody {
  const { row: shown, error } = named(row, true);
  return bodyOf(error, shown.detail);
}

interface Named {
  readonly row: ProblemRow;
  readonly error: string;
  readonly challenge?: string;
}

function named(row: ProblemRow, isBearer: boolean): Named {
  if (row === OAuthErrors.invalid_client || (!isBearer && NOT_AUTHENTICATED.includes(row)))
    return { row: OAuthErrors.invalid_client, error: 'invalid_client', challenge: BASIC };
  if (OWN.includes(row)) return { row, error: row.code };
  if (NOT_AUTHENTICATED.includes(row)) return { row, error: 'invalid_token' };
  if (row === SessionErrors.forbidden)
    return isBearer
      ? { row, error: 'insufficient_scope' }
      : { row: OAuthErrors.unauthorized_client, error: 'unauthorized_client' };
  if (row === SessionErrors.csrf_rejected) return { row, error: 'access_denied' };
  if (row.status === 429 || row.status === 503) return { row, error: 'temporarily_unavailable' };
  if (row.status >= 500) return { row, error: 'server_error' };
  const isForm = row === PlatformErrors.unsupported_media_type;
  return { row: isForm ? NOT_A_FORM : row, error: 'invalid_request' };
}

function bodyOf(error: string, detail: string): OAuthErrorBody {
  return { error, error_description: detail.replaceAll(UNPRINTABLE, "'") };
}
