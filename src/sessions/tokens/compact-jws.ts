/** Longer than any token that this service issues; longer input is not parsed. */
const MAX_LENGTH = 4096;

/** Three parts in the base64url alphabet; neither a JWE nor the JSON serialisation matches (RFC 8725 section 3.14). */
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** The same, with or without a signature: the algorithm `none` has an empty one (RFC 7518 section 3.6). */
const UNSIGNED = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/;

const MAX_KID_LENGTH = 64;

/**
 * Length of the 64 bytes of an ES256 signature in base64url (RFC 7518 section 3.4); other lengths make the library
 * throw.
 */
const ES256_SIGNATURE_LENGTH = 86;

/**
 * Parses the form of a compact JWS strictly: canonical base64url in each part (one spelling per token), a header of
 * exactly `typ`, `alg` and `kid`, the pinned algorithm and an explicit type (RFC 9068 section 4). Headers with `crit`,
 * `b64`, `jku`, `jwk`, `x5u` or `x5c` are therefore refused without being interpreted (RFC 7515 section 4.1). Returns
 * null for anything else.
 */
export function readCompactJws(
  token: string,
  algorithm: string,
  type = 'at+jwt',
): { readonly kid: string } | null {
  if (token.length > MAX_LENGTH) return null;
  const parts = COMPACT.exec(token)?.slice(1);
  if (!parts?.every(isCanonical)) return null;
  if (algorithm === 'ES256' && parts[2]?.length !== ES256_SIGNATURE_LENGTH) return null;
  const header = parseObject(parts[0] ?? '');
  if (!header || Object.keys(header).length !== 3) return null;
  const kid = kidOf(header, type);
  return kid === null || header['alg'] !== algorithm ? null : { kid };
}

/**
 * Returns the `kid` of a token that is no compact JWS of this service because of its header: it has another algorithm than the
 * pinned one, or other members than `typ`, `alg` and `kid`. Nothing is verified with what it says. Returns null for
 * anything else.
 */
export function readAlteredKid(token: string, algorithm: string, type = 'at+jwt'): string | null {
  if (token.length > MAX_LENGTH) return null;
  const [, head = '', payload = ''] = UNSIGNED.exec(token) ?? [];
  const header = parseObject(head);
  if (!header || !parseObject(payload)) return null;
  const isGenuine = header['alg'] === algorithm && Object.keys(header).length === 3;
  return isGenuine ? null : kidOf(header, type);
}

function kidOf({ typ, kid }: Record<string, unknown>, type: string): string | null {
  if (typ !== type && typ !== `application/${type}`) return null;
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH ? kid : null;
}

/**
 * Whether the unused bits of the last character are zero (RFC 4648 section 3.5), so that each value has one spelling.
 */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function parseObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url')),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
