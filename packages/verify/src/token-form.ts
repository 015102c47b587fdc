import { invalid } from './verification-error.js';

/** Longer than any token of the service; longer input is not parsed. */
const MAX_LENGTH = 4096;

const MAX_KID_LENGTH = 64;

/** Three parts in base64url: neither a JWE nor a JSON serialisation (RFC 8725, section 3.14). */
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** The length of an ES256 signature in base64url (RFC 7518, section 3.4). */
const ES256_SIGNATURE_LENGTH = 86;

const TYPES: Readonly<Record<string, Kind>> = {
  'at+jwt': 'access',
  'application/at+jwt': 'access',
  'assertion+jwt': 'assertion',
  'application/assertion+jwt': 'assertion',
};

const ALGORITHMS: readonly unknown[] = ['RS256', 'ES256'];

/** An access token (RFC 9068), or an assertion of the gateway. */
export type Kind = 'access' | 'assertion';

/**
 * Reads the form of a token strictly: canonical base64url, a header of exactly `typ`, `alg` and `kid`, an algorithm of the
 * service and an explicit type. Headers with `crit`, `b64`, `jku`, `jwk`, `x5u` or `x5c` are therefore refused without
 * being interpreted. Throws `invalid_token` for anything else.
 */
export function readForm(token: string): Kind {
  if (token.length > MAX_LENGTH) throw invalid(`The token is longer than ${MAX_LENGTH} characters.`);
  const parts = COMPACT.exec(token)?.slice(1);
  if (!parts?.every(isCanonical)) throw invalid('The token has not three parts in base64url.');
  const header = parseObject(parts[0]!);
  if (!header || Object.keys(header).length !== 3)
    throw invalid('The header of the token has other members than typ, alg and kid.');
  const { typ, alg, kid } = header;
  if (!ALGORITHMS.includes(alg) || (alg === 'ES256' && parts[2]!.length !== ES256_SIGNATURE_LENGTH))
    throw invalid('The token is signed neither by RS256 nor by ES256.');
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)
    throw invalid('The kid of the token is malformed.');
  if (typeof typ !== 'string' || !Object.hasOwn(TYPES, typ))
    throw invalid('The typ of the token is neither that of an access token nor that of an assertion.');
  return TYPES[typ]!;
}

/** Whether the unused bits of the last character are zero (RFC 4648, section 3.5): each value has one spelling. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function parseObject(part: string): Record<string, unknown> | null {
  try {
    const bytes = Buffer.from(part, 'base64url');
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
