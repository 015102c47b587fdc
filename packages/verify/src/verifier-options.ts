import type { VerificationError } from './verification-error.js';

/** Settings of `createVerifier`. */
export interface VerifierOptions {
  /** `JWT_ISSUER` of the service, which is its public URL unless set otherwise. */
  readonly issuer: string;
  /** `JWT_AUDIENCE` of the service, `portcullis` by default; for assertions, the audience of the gateway's rule. */
  readonly audience: string;
  /** Where the service is reached, if not at the issuer. Required where the issuer is no http(s) URL. */
  readonly url?: string | undefined;
  /** Without it, an ended session is accepted until its token expires. */
  readonly revocations?: RevocationOptions | undefined;
  /**
   * Called for every request that an adapter refuses, with the id that the answer has: the answer does not contain the `cause` of
   * the error, such as a failed connection. If it throws, the framework handles that as any other error.
   */
  readonly onError?: ((error: VerificationError, requestId: string) => void) | undefined;
  /** The present; for tests that move the clock of the service. */
  readonly now?: (() => Date) | undefined;
}

/** How revocations are known. */
export interface RevocationOptions {
  /** An API key with the scope `revocations:read`; for `ask`, with `tokens:introspect`, too. */
  readonly key: string;
  /** 1 by default, and at least. */
  readonly maxStalenessSeconds?: number | undefined;
  /**
   * What happens to tokens while revocations are not known: `refuse` (default), or `ask` the service about each. API keys
   * (`ptc_...`) are accepted only with `ask`, which always asks about them.
   */
  readonly whenStale?: 'refuse' | 'ask' | undefined;
}

/** Checked settings. */
export interface Settings {
  /** Where the service is reached, without a trailing slash. */
  readonly url: string;
  /** The service as browsers see it, without a trailing slash: the issuer, or `url` where that is no http(s) URL. */
  readonly site: string;
  readonly maxStalenessMs: number;
}

/**
 * Checks the options, also those that the types exclude: they often come from variables that are not set. Throws a `TypeError` or
 * `RangeError` that names the option.
 */
export function settingsOf({ issuer, audience, url, revocations }: VerifierOptions): Settings {
  assertText('issuer', issuer);
  assertText('audience', audience);
  if (url !== undefined && !isHttp(url)) throw new TypeError('url is no http(s) URL.');
  const reached = url ?? issuer;
  if (!isHttp(reached)) throw new TypeError('url is required where the issuer is no http(s) URL.');
  const { key, whenStale = 'refuse', maxStalenessSeconds = 1 } = revocations ?? {};
  if (revocations && !key) throw new TypeError('revocations.key is empty: an API key is needed.');
  if (whenStale !== 'refuse' && whenStale !== 'ask')
    throw new TypeError("revocations.whenStale is neither 'refuse' nor 'ask'.");
  if (!(maxStalenessSeconds >= 1))
    throw new RangeError('revocations.maxStalenessSeconds must be at least 1.');
  return {
    url: withoutSlash(reached),
    site: withoutSlash(isHttp(issuer) ? issuer : reached),
    maxStalenessMs: maxStalenessSeconds * 1000,
  };
}

function assertText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} is missing or no text.`);
}

function isHttp(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url?.protocol === 'https:' || url?.protocol === 'http:';
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '');
