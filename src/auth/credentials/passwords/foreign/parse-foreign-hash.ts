import { assertBounded } from './cost-bounds.js';
import {
  type ForeignHash,
  type PbkdfDigest,
  type RawDigest,
  type RawHash,
  UnusableHash,
} from './foreign-hash.js';

const BASE64 = '[A-Za-z0-9+/]+={0,2}';
const BCRYPT = /^\$2[aby]?\$\d\d\$[./A-Za-z0-9]{53}$/;
const ARGON2 = new RegExp(
  `^\\$(argon2(?:d|i|id))\\$v=19\\$m=(\\d{1,9}),t=(\\d{1,9}),p=(\\d{1,9})\\$(${BASE64})\\$(${BASE64})$`,
);
const SCRYPT = new RegExp(
  `^\\$scrypt\\$ln=(\\d{1,9}),r=(\\d{1,9}),p=(\\d{1,9})\\$(${BASE64})?\\$(${BASE64})$`,
);
const EITHER_BASE64 = BASE64.replace('+/', '+/_-');
/** As Ory Kratos writes it. The Admin SDK of Firebase returns hashes and salts in base64url. */
const FIREBASE = new RegExp(
  `^\\$firescrypt\\$ln=(\\d{1,2}),r=(\\d{1,9}),p=1\\$(${EITHER_BASE64})\\$(${EITHER_BASE64})\\$(${EITHER_BASE64})\\$(${EITHER_BASE64})$`,
);
const PBKDF2 = new RegExp(
  `^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:[iI]=)?(\\d{1,9})(?:,l=\\d{1,4})?\\$(${BASE64.replace('+/', '+/.')})\\$(${BASE64.replace('+/', '+/.')})$`,
);
const DJANGO = new RegExp(`^pbkdf2_(sha1|sha256)\\$(\\d{1,9})\\$([^$]{1,128})\\$(${BASE64})$`);
const DJANGO_BCRYPT = /^bcrypt(_sha256)?\$(\$2[aby]\$.*)$/;
const DJANGO_SCRYPT = new RegExp(
  `^scrypt\\$(\\d{1,10})\\$([^$]{1,128})\\$(\\d{1,9})\\$(\\d{1,9})\\$(${BASE64})$`,
);
/** Django stores "!" and 40 random characters for no password. "!" before a hash, as in /etc/shadow, locks an account. */
const NO_PASSWORD = /^(?:![A-Za-z0-9]{40})?$/;
const SHA_CRYPT = /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$]{0,16})\$([./A-Za-z0-9]{43}|[./A-Za-z0-9]{86})$/;
const LDAP = /^\{(S?)(MD5|SHA|SHA256|SHA512)\}([A-Za-z0-9+/]+={0,2})$/i;

const DIGESTS: ReadonlyMap<string, { digest: RawDigest; bytes: number }> = new Map([
  ['MD5', { digest: 'md5', bytes: 16 }],
  ['SHA', { digest: 'sha1', bytes: 20 }],
  ['SHA256', { digest: 'sha256', bytes: 32 }],
  ['SHA512', { digest: 'sha512', bytes: 64 }],
]);

/** Algorithms of Keycloak and the digests behind them; a map, because every object has members such as `constructor`. */
const KEYCLOAK: ReadonlyMap<string, PbkdfDigest> = new Map([
  ['pbkdf2', 'sha1'],
  ['pbkdf2-sha256', 'sha256'],
  ['pbkdf2-sha512', 'sha512'],
]);

/** Whether a text in the place of a hash says that there is no password. */
export function isNoPassword(value: unknown): boolean {
  return typeof value === 'string' && NO_PASSWORD.test(value);
}

/**
 * Reads a password hash of another system: a text, or Keycloak's `{ secretData, credentialData }`. Throws
 * {@link UnusableHash} for an unknown form and for cost parameters beyond the bounds.
 */
export function parseForeignHash(value: unknown): ForeignHash | RawHash {
  const hash = typeof value === 'string' ? ofText(value) : (wrapped(value) ?? ofKeycloak(value));
  if (hash === null) throw new UnusableHash('the form of the hash is not supported');
  if (hash.kind !== 'raw') assertBounded(hash);
  return hash;
}

function ofText(text: string): ForeignHash | RawHash | null {
  if (BCRYPT.test(text)) return { kind: 'bcrypt', hash: portable(text) };
  const [, digest, django] = DJANGO_BCRYPT.exec(text) ?? [];
  if (django !== undefined) return djangoBcrypt(portable(django), digest !== undefined);
  return argon2(text) ?? scrypt(text) ?? firebase(text) ?? pbkdf2(text) ?? shaCrypt(text) ?? ldap(text);
}

/** With a digest, it is bcrypt of the password's SHA-256 in hex. */
function djangoBcrypt(hash: string, isDigested: boolean): ForeignHash | null {
  if (!BCRYPT.test(hash)) return null;
  return isDigested ? { kind: 'wrapped', digest: 'sha256', salt: '', hash } : { kind: 'bcrypt', hash };
}

/** `$2y$` of PHP is `$2b$` by another name; `$2$` is `$2a$` for passwords without characters beyond ASCII. */
function portable(bcrypt: string): string {
  return bcrypt.replace(/^\$2y\$/, '$2b$$').replace(/^\$2\$/, '$2a$$');
}

function argon2(text: string): ForeignHash | null {
  const [, variant, memory, passes, lanes, salt, key] = ARGON2.exec(text.replace(/^argon2\$/, '$')) ?? [];
  if (variant === undefined) return null;
  return {
    kind: 'argon2',
    variant: variant as 'argon2id',
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: salt!,
    key: key!,
  };
}

/** `ln` is the binary logarithm of the cost, and in hashes of Kratos the cost itself. */
function scrypt(text: string): ForeignHash | null {
  const [, ln, r, p, salt = '', key] = SCRYPT.exec(text) ?? [];
  if (ln === undefined) return djangoScrypt(text);
  return {
    kind: 'scrypt',
    cost: costOf(Number(ln)),
    blockSize: Number(r),
    parallelism: Number(p),
    salt,
    key: key!,
  };
}

function djangoScrypt(text: string): ForeignHash | null {
  const [, cost, salt, blockSize, parallelism, key] = DJANGO_SCRYPT.exec(text) ?? [];
  if (cost === undefined) return null;
  return {
    kind: 'scrypt',
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt!).toString('base64'),
    key: key!,
  };
}

const costOf = (ln: number) => (ln < 64 ? 2 ** ln : ln);

function firebase(text: string): ForeignHash | null {
  const [, ln, r, salt, key, separator, signerKey] = FIREBASE.exec(text) ?? [];
  if (ln === undefined) return null;
  return {
    kind: 'firebase',
    cost: 2 ** Number(ln),
    blockSize: Number(r),
    salt: standard(salt!),
    key: standard(key!),
    separator: standard(separator!),
    signerKey: standard(signerKey!),
  };
}

const standard = (base64: string) => base64.replaceAll('-', '+').replaceAll('_', '/');

/** PHC as Kratos writes it, and as passlib does: its alphabet has `.` in place of `+`. */
function pbkdf2(text: string): ForeignHash | null {
  const [, digest = 'sha1', iterations, salt, key] = PBKDF2.exec(text) ?? [];
  if (iterations !== undefined)
    return {
      kind: 'pbkdf2',
      digest: digest as PbkdfDigest,
      iterations: Number(iterations),
      salt: salt!.replaceAll('.', '+'),
      key: key!.replaceAll('.', '+'),
    };
  const [, djangoDigest, rounds, djangoSalt, djangoKey] = DJANGO.exec(text) ?? [];
  if (rounds === undefined) return null;
  return {
    kind: 'pbkdf2',
    digest: djangoDigest as PbkdfDigest,
    iterations: Number(rounds),
    salt: Buffer.from(djangoSalt!).toString('base64'),
    key: djangoKey!,
  };
}

/** Rounds below 1,000 are raised by crypt(3), so such a hash was never made by it. */
function shaCrypt(text: string): ForeignHash | null {
  const [, id, rounds = '5000', , key] = SHA_CRYPT.exec(text) ?? [];
  if (id === undefined || key!.length !== (id === '5' ? 43 : 86)) return null;
  return { kind: 'sha-crypt', digest: id === '5' ? 'sha256' : 'sha512', rounds: Number(rounds), hash: text };
}

function ldap(text: string): RawHash | null {
  const [, salted, name, base64] = LDAP.exec(text) ?? [];
  const form = DIGESTS.get(name?.toUpperCase() ?? '');
  if (form === undefined) return null;
  const bytes = Buffer.from(base64!, 'base64');
  const isSalted = salted !== '';
  if (isSalted ? bytes.length <= form.bytes : bytes.length !== form.bytes) return null;
  if (bytes.length > form.bytes + 256) return null;
  return {
    kind: 'raw',
    digest: form.digest,
    salt: bytes.subarray(form.bytes).toString('base64'),
    value: bytes.toString('hex', 0, form.bytes),
  };
}

/** A digest that this service has wrapped, as it exports it. */
function wrapped(value: unknown): ForeignHash | null {
  const { digest, salt, hash } = (value ?? {}) as Partial<Record<string, unknown>>;
  const isKnown = [...DIGESTS.values()].some((form) => form.digest === digest);
  if (!isKnown || typeof salt !== 'string' || typeof hash !== 'string' || !BCRYPT.test(hash)) return null;
  return { kind: 'wrapped', digest: digest as RawDigest, salt, hash };
}

function ofKeycloak(value: unknown): ForeignHash | null {
  const { secretData, credentialData } = (value ?? {}) as Record<string, unknown>;
  const secret = objectOf(secretData);
  const { algorithm, hashIterations, additionalParameters } = objectOf(credentialData);
  const { value: key, salt } = secret;
  if (typeof key !== 'string' || typeof salt !== 'string' || typeof algorithm !== 'string') return null;
  if (algorithm === 'argon2')
    return keycloakArgon2(key, salt, Number(hashIterations), objectOf(additionalParameters));
  const digest = KEYCLOAK.get(algorithm);
  if (digest === undefined) return null;
  return { kind: 'pbkdf2', digest, iterations: Number(hashIterations), salt, key };
}

/** Keycloak stores argon2's parameters as lists of one text. */
function keycloakArgon2(
  key: string,
  salt: string,
  passes: number,
  given: Record<string, unknown>,
): ForeignHash | null {
  const first = (name: string) => {
    const value: unknown = [given[name]].flat()[0];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const type = first('type');
  if (!['d', 'i', 'id'].includes(type) || first('version') !== '1.3') return null;
  return {
    kind: 'argon2',
    variant: `argon2${type as 'id'}`,
    memoryKib: Number(first('memory')),
    passes,
    lanes: Number(first('parallelism')),
    salt,
    key,
  };
}

/** Returns an object that is given as such or as JSON text, as in Keycloak's exports; an empty one for anything else. */
function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'string') return typeof value === 'object' && value !== null ? { ...value } : {};
  try {
    return objectOf(JSON.parse(value) as object);
  } catch {
    return {};
  }
}
