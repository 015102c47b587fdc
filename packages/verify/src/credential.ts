import { invalid, VerificationError } from './verification-error.js';
import type { Requirements } from './requirements.js';

/** A request as every framework can give it. */
export interface IncomingFields {
  readonly method: string;
  /** Every value of a header field, each as it was sent. `name` is in lower case. */
  values(name: string): readonly string[];
}

/** The scheme in any case (RFC 9110, section 11.1), one space, one token (RFC 6750, section 2.1). */
const BEARER = /^bearer ([^ ,]+)$/i;

/** Credentials of another scheme, such as the Basic credentials of a staging host. */
const OTHER_SCHEME = /^[\w!#$%&'*+.^`|~-]+ +[^ ]/;

/** The scheme anywhere in the field: a proxy may have joined two fields and checked the other one. */
const NAMES_BEARER = /(?:^|,)[ \t]*bearer(?![\w!#$%&'*+.^`|~-])/i;

const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Finds the token of a request. Throws where there is none, more than one, or a cookie that another site has sent. */
export function credentialOf(request: IncomingFields, site: string, requirements: Requirements): string {
  const fields = request.values('authorization');
  if (fields.length > 1) throw invalid('There is more than one Authorization.');
  const [field] = fields;
  if (field !== undefined && !(OTHER_SCHEME.test(field) && !NAMES_BEARER.test(field))) {
    const token = BEARER.exec(field)?.[1];
    if (token === undefined) throw invalid('Authorization is not the word Bearer, one space and a token.');
    return token;
  }
  const cookie = requirements.cookies === true ? cookieOf(request, site) : null;
  if (cookie === null) throw new VerificationError('unauthenticated', 'The request carries no token.');
  if (!SAFE.includes(request.method.toUpperCase()) || isHandshake(request))
    assertSameSite(request, site, requirements.origins ?? []);
  return cookie;
}

/**
 * Whether a request opens a WebSocket, which pages of other sites may do with cookies, by `GET` (RFC 6455, section 10.2).
 * `Upgrade` concerns one connection only, so a proxy may have removed it.
 */
function isHandshake(request: IncomingFields): boolean {
  return (
    request.values('upgrade').length > 0 ||
    request.values('sec-websocket-key').length > 0 ||
    request.values('sec-fetch-mode').includes('websocket')
  );
}

/** With https, only the name that sibling hosts cannot set. */
function cookieOf(request: IncomingFields, site: string): string | null {
  const names =
    new URL(site).protocol === 'https:' ? ['__Host-access_token'] : ['__Host-access_token', 'access_token'];
  const pairs = request.values('cookie').flatMap((field) => field.split(/; */));
  for (const name of names) {
    const values = pairs
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1));
    if (values.length > 1) throw invalid('There is more than one cookie with a token.');
    if (values[0]) return values[0];
  }
  return null;
}

/** The rule of the service for requests with cookies. With neither header field, who sent the cookie is not known. */
function assertSameSite(request: IncomingFields, site: string, origins: readonly string[]): void {
  const [origin] = request.values('origin');
  const [relation] = request.values('sec-fetch-site');
  // 'null' is the origin sent by documents without one, such as a sandboxed frame of any site.
  const isKnown =
    origin !== undefined &&
    origin !== 'null' &&
    (origin === new URL(site).origin || origins.includes(origin));
  if (isKnown || relation === 'same-origin' || relation === 'none') return;
  throw new VerificationError('csrf_rejected', 'The request comes from another site.');
}
